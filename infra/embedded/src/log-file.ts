import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const rotateAboveBytes = 10 * 1024 * 1024;
const tailBytes = 16 * 1024;

/**
 * Opens a log for appending, with its folder. One that has grown over 10 MiB becomes `<path>.1` first.
 *
 * @returns a file descriptor for a child's stdout and stderr; the caller closes it
 */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && statSync(path).size > rotateAboveBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** The last lines of a log, at most 16 KiB of it; empty when there is no log. */
export function lastLogLines(path: string, count = 15): string[] {
  if (!existsSync(path)) return [];
  const file = openSync(path, 'r');
  try {
    const start = Math.max(0, statSync(path).size - tailBytes);
    const tail = Buffer.alloc(tailBytes);
    const length = readSync(file, tail, 0, tailBytes, start);
    return tail.toString('utf8', 0, length).trimEnd().split('\n').slice(-count);
  } finally {
    closeSync(file);
  }
}
