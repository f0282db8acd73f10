/**
 * Every check of the project, in the order in which a failure is cheapest to learn of. Ends with `N passed, N failed`
 * (`, N skipped`); exits 1 when anything failed. `npm test` prepares the machine (tools/setup) and then runs this.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeRequirements } from '../docs/requirements.mjs';
import { readResults } from './results.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const resultsDir = join(root, '.cache/results');
const bin = (name) => join(root, 'node_modules/.bin', name);

/** Each is one check: a command that must exit 0. */
const commands = [
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['lint', bin('nx'), ['run-many', '-t', 'lint', '--output-style', 'static']],
  ['types, specs included', bin('tsc'), ['-p', 'tsconfig.spec.json']],
  ['types of load-tests', bin('tsc'), ['-p', 'load-tests/tsconfig.json']],
  ['boundaries, each rule proven red', process.execPath, ['tools/boundaries/prove.mjs']],
];

/** Each is a vitest run; its tests are counted one by one. */
const suites = [
  ['unit and integration', 'vitest.config.mts'],
  ['end to end, and proofs under faults', 'apps/platform-e2e/vitest.config.mts'],
];

const environment = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', KAFKAJS_NO_PARTITIONER_WARNING: '1' };

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, env: environment, stdio: 'inherit' });
  return status === 0;
}

function timed(name, work) {
  console.log(`\n== ${name}`);
  const startedAt = performance.now();
  const outcome = work();
  console.log(`== ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return outcome;
}

function runSuite(name, config) {
  const outputFile = join(resultsDir, `${name.replaceAll(/\W+/g, '-')}.json`);
  const args = ['run', '--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`];
  const succeeded = run(bin('vitest'), args);
  return { succeeded, results: readResults(outputFile) };
}

rmSync(resultsDir, { recursive: true, force: true });
mkdirSync(resultsDir, { recursive: true });
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

for (const [name, command, args] of commands) {
  const succeeded = timed(name, () => run(command, args));
  total[succeeded ? 'passed' : 'failed'] += 1;
  if (!succeeded) failures.push(name);
}

const tests = [];
for (const [name, config] of suites) {
  const { succeeded, results } = timed(name, () => runSuite(name, config));
  for (const test of results) total[test.outcome] += 1;
  tests.push(...results);
  failures.push(...results.filter((test) => test.outcome === 'failed').map((test) => `${test.file}: ${test.name}`));
  if (!succeeded && !results.some((test) => test.outcome === 'failed')) {
    total.failed += 1;
    failures.push(`${name}: the run itself failed`);
  }
}

writeRequirements(root, tests);
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
