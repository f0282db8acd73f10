import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { projectNode, root } from './step.mjs';

/** A Ctrl-C arrives twice, from the terminal and forwarded by npm. */
const sameSignalWithinMs = 500;

/**
 * Runs a program of the project, with this process's streams; signals are passed on, and its exit status becomes ours.
 * It gets a channel that closes when this process is gone, by which it learns of a `kill -9`.
 *
 * @param {string} program path from the project's folder
 * @param {string[]} args
 */
export async function runOnProjectNode(program, args) {
  const child = spawn(projectNode, ['--disable-warning=TimeoutNegativeWarning', join(root, program), ...args], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: pathWithProject(), NX_DAEMON: 'false', NX_NO_CLOUD: 'true' },
    // A group of its own, so that each signal reaches it by us alone, and once.
    detached: true,
  });
  const lastAt = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = performance.now();
      const isRepeated = now - (lastAt.get(signal) ?? -Infinity) < sameSignalWithinMs;
      lastAt.set(signal, now);
      if (!isRepeated) sendToGroup(child, signal);
    });
  }
  const [code, signal] = await once(child, 'exit');
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
}

function sendToGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it has just ended by itself
  }
}

/** Programs of node_modules start by `env node`: they have to find the project's. */
function pathWithProject() {
  return [join(root, 'node_modules/.bin'), process.env.PATH].filter(Boolean).join(delimiter);
}
