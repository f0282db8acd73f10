import { join } from 'node:path';
import { installPackages } from './packages.mjs';
import { resolveKafka } from './kafka-jars.mjs';
import { projectNode, root, runStep } from './step.mjs';

/**
 * Puts in place what a command needs and is not there yet. What is up to date costs no time and says nothing.
 *
 * @param {{ ownKafka?: boolean, runsElsewhere?: boolean }} command
 */
export async function prepare({ ownKafka = false, runsElsewhere = false }) {
  installPackages();
  if (runsElsewhere) return;
  if (ownKafka || !process.env.BERTH_KAFKA_BROKERS) resolveKafka();
  runStep('Building', {
    command: projectNode,
    args: [join(root, 'node_modules/.bin/nx'), 'run-many', '-t', 'build', '--output-style', 'static'],
    // Without a daemon nothing is left running on this machine.
    env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' },
    failure: 'The build failed: the lines above say where.',
  });
}
