import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Runs wrk on one core against one address.
 *
 * @returns {{ requests: number, perSecond: number, p50Ms: number, p99Ms: number }}
 * @throws when an answer is not a 2xx or 3xx: a benchmark of refusals would be fast and worthless
 */
export function runWrk({ url, headers, connections, seconds, core }) {
  const headerArgs = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...headerArgs, url];
  const { stdout, stderr, status } = spawnSync('taskset', ['-c', String(core), 'wrk', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`wrk failed: ${stderr}`);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  if (refused) throw new Error(`${refused[1]} answers of ${url} were refusals`);
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: milliseconds(/50%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
  };
}

function milliseconds(match) {
  const factor = { us: 0.001, ms: 1, s: 1000 }[match?.[2]] ?? Number.NaN;
  return Number((Number(match?.[1]) * factor).toFixed(3));
}

/** The same for HEAD requests, by a program of ours. */
export function runHeads({ url, headers, connections, seconds, core }) {
  const args = [
    join(import.meta.dirname, 'heads.mjs'),
    url,
    String(seconds),
    String(connections),
    JSON.stringify(headers),
  ];
  const command = ['-c', String(core), process.execPath, ...args];
  const { stdout, stderr, status } = spawnSync('taskset', command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the HEAD requests failed: ${stderr}`);
  return JSON.parse(stdout);
}
