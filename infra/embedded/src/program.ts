import { join } from 'node:path';
import process from 'node:process';
import { AppError } from '@berth/errors';
import { Child } from './child.js';
import { lastLogLines } from './log-file.js';
import { ProcessRecords } from './process-records.js';
import { nodeFlags } from './service-process.js';
import { withinMs } from './within.js';

/** A program of the platform that does one thing and ends. */
export interface Program {
  /** Names its log. */
  readonly name: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
}

const limitMs = 120_000;

/**
 * Runs a program to its end, two minutes at most.
 *
 * @throws AppError 'unavailable' unless it ends with status 0: one sentence, and the last lines of its log
 */
export async function runProgram({ name, file, env, dataDir }: Program): Promise<void> {
  const logFile = join(dataDir, 'logs', `${name}.log`);
  const child = await Child.start({ command: process.execPath, args: [...nodeFlags, file], env, logFile });
  const records = new ProcessRecords(join(dataDir, 'run'));
  records.add({ name, pid: child.pid, stopSignal: 'SIGTERM', stopOrder: 0 });
  const isOver = await withinMs(limitMs, child.ended);
  await child.end('SIGKILL');
  records.remove(name);
  if (isOver && child.exitCode === 0) return;
  const what = isOver ? `failed (${child.ending})` : `took longer than ${limitMs / 1000} s`;
  throw new AppError({
    kind: 'unavailable',
    message: `${name} ${what}; its log ${logFile} ends:\n${lastLogLines(logFile).join('\n')}`,
  });
}
