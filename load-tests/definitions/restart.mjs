import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const everyMs = 20;
const longestMs = 120_000;
/** What the kernel counts start times in. */
const ticksPerSecond = 100;

/** Where things are now: pids change with each restart. */
export function readEndpoints(dataDir) {
  return JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'));
}

/**
 * Kills a service; `npm start` starts it again.
 *
 * @returns {Promise<number>} the age of the new process, in seconds, when it said that it is ready
 */
export async function restart(dataDir, service) {
  const before = readEndpoints(dataDir);
  const [pid] = before.pids[service];
  process.kill(pid, 'SIGKILL');
  const endsAt = performance.now() + longestMs;
  let readyAt = null;
  while (performance.now() < endsAt) {
    if (readyAt === null && !isAlive(pid) && (await isReady(before[service]))) readyAt = uptimeSeconds();
    const now = readEndpoints(dataDir);
    // Written when all is ready; the address may be another one then.
    if (now.pids[service][0] !== pid) return (readyAt ?? uptimeSeconds()) - startedAtSeconds(now.pids[service][0]);
    await delay(everyMs);
  }
  throw new Error(`${service} did not come back within ${longestMs / 1000} s`);
}

async function isReady(url) {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function uptimeSeconds() {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
}

function startedAtSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold anything; the start time is the 20th field behind it.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / ticksPerSecond;
}
