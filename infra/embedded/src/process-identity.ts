import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

/**
 * When a process started, as text to compare: the same pid with another start is another process.
 *
 * @returns null when there is no such process, or only the rest of one that has ended
 */
export function processStart(pid: number): string | null {
  return process.platform === 'linux' ? linuxStart(pid) : startByPs(pid);
}

/** Ticks since boot, and which boot: pids and ticks begin anew with each. */
function linuxStart(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || ticks === undefined) return null;
  return `${ticks}@${readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? 'this-boot'}`;
}

function startByPs(pid: number): string | null {
  try {
    const [state = '', ...start] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return state === '' || state.startsWith('Z') ? null : start.join(' ');
  } catch {
    return null; // ps fails when there is no such process
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // the process ended, before or while it was read
  }
}
