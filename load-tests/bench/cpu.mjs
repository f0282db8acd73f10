import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc/<pid>/stat; 100 on every Linux that Node runs on (`getconf CLK_TCK`). */
const ticksPerSecond = 100;

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return null;
    throw error;
  }
}

/** The processes given and all that they started, e.g. Postgres's backends. */
export function withDescendants(pids) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: statOf(name)?.parent }));
  const family = new Set(pids);
  for (let before = -1; before !== family.size;) {
    before = family.size;
    for (const { pid, parent } of parents) if (family.has(parent)) family.add(pid);
  }
  return [...family];
}

/** User plus system time spent so far by each of the processes, in microseconds. */
export function cpuOfEach(pids) {
  return new Map(pids.map((pid) => [pid, ((statOf(pid)?.ticks ?? 0) / ticksPerSecond) * 1e6]));
}

/** As {@link cpuOfEach}, together. */
export function cpuMicroseconds(pids) {
  return [...cpuOfEach(pids).values()].reduce((sum, each) => sum + each, 0);
}

/** What the processes have spent since; what one spent that has ended meanwhile nobody knows any more, so it counts 0. */
export function cpuMicrosecondsSince(before) {
  const after = cpuOfEach([...before.keys()]);
  return [...before].reduce((sum, [pid, start]) => sum + Math.max(0, (after.get(pid) ?? 0) - start), 0);
}
