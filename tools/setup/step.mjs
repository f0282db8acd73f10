import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The Node that the project brings, in the version that its code is written for. */
export const projectNode = join(root, 'node_modules/node/bin/node');

/** What a person has to do something about; its message is all they are shown. */
export class SetupError extends Error {}

/**
 * One step that takes a while, as one line; its own output is shown only when it fails.
 *
 * @param {string} title
 * @param {{ command: string, args: string[], env?: NodeJS.ProcessEnv, failure: string }} step `failure`: one sentence
 */
export function runStep(title, { command, args, env = process.env, failure }) {
  process.stdout.write(`${title} ... `);
  const startedAt = performance.now();
  const options = { cwd: root, env, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] };
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, options);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(status === 0 ? `${seconds} s\n` : 'failed\n');
  if (status === 0) return;
  if (signal === 'SIGINT' || signal === 'SIGTERM') throw new SetupError('Stopped.');
  const output = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-40).join('\n');
  throw new SetupError([output || error?.message, failure].filter(Boolean).join('\n'));
}

/** @returns {string | null} all that `<command> <args>` printed; null when there is no such command */
export function outputOf(command, args) {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return error ? null : `${stdout}${stderr}`;
}
