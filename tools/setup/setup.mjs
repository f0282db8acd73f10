/**
 * Behind `npm start`, `npm test`, `npm run load`, `bench`, `large`, `million`, `revoke`, `definitions` and `crash`: puts in place
 * what is missing on this machine, builds, and then runs the command on the project's own Node. Plain ESM without dependencies, for the Node that is installed.
 */
import { nodeComplaint } from './versions.mjs';

const oldNode = nodeComplaint(process.versions.node);
if (oldNode !== null) {
  console.error(oldNode);
  process.exit(1);
}

// Loaded only now: an older Node could fail to read them, and would say something else than the sentence above.
const { SetupError } = await import('./step.mjs');
const { prepare } = await import('./prepare.mjs');
const { runOnProjectNode } = await import('./run-on-project-node.mjs');

/** `ownKafka`: starts a Kafka even when the environment names one, as tests must never touch a real one. */
const commands = {
  start: { program: 'infra/embedded/dist/start.js' },
  test: { program: 'tools/checks/run.mjs', ownKafka: true },
  load: { program: 'load-tests/run.mjs', runsElsewhere: true },
  bench: { program: 'load-tests/bench/run.mjs', ownKafka: true },
  large: { program: 'load-tests/large/run.mjs', ownKafka: true },
  million: { program: 'load-tests/million/run.mjs', ownKafka: true },
  revoke: { program: 'load-tests/revoke/run.mjs', ownKafka: true },
  definitions: { program: 'load-tests/definitions/run.mjs', ownKafka: true },
  crash: { program: 'tools/checks/crash.mjs', ownKafka: true },
  prepare: { program: null },
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : null;
if (command === null) {
  console.error(`Usage: node tools/setup/setup.mjs ${Object.keys(commands).join(' | ')}`);
  process.exit(1);
}

try {
  await prepare(command);
  if (command.program !== null) await runOnProjectNode(command.program, args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
