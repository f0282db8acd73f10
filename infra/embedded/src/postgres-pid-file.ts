import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { processStart } from './process-identity.js';

/** Whether the server with this pid takes connections: it writes its state in the last line of its pid file. */
export function isPostgresReady(data: string, pid: number): boolean {
  const lines = readPidFile(data);
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

/** After a reboot, or in a new container, the pid of a killed server may belong to anybody; the server then won't start. */
export function removeStalePidFile(data: string): void {
  const [pid] = readPidFile(data);
  if (pid === undefined) return;
  if (processStart(Number(pid)) !== null && isPostgres(Number(pid))) return;
  rmSync(join(data, 'postmaster.pid'), { force: true });
}

function readPidFile(data: string): string[] {
  const file = join(data, 'postmaster.pid');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    return true; // can't be known here: the file stays, for the server to judge
  }
}
