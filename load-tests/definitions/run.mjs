/**
 * `npm run definitions [-- --assignments 100000 --changes 200 --connections 32]`: writes that many role assignments into a
 * running Berth (`npm start`); then how much identity and the registry have grown, how long each takes from its start until it
 * is ready, and how long what is taken away (of a scope map, a role assignment, an access policy) takes until the registry
 * refuses. Exits 1 when a bar is missed. Wants a data
 * folder of its own: the assignments stay.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { residentBytes } from '../large/memory.mjs';
import { Api } from './api.mjs';
import { measureBite } from './bite.mjs';
import { fillWithAssignments } from './fill.mjs';
import { readEndpoints, restart } from './restart.mjs';

const bars = { grownMebibytes: 256, readySeconds: 10, biteP99Ms: 1000 };
const services = ['identity', 'registry'];
const here = import.meta.dirname;
const dataDir = process.env.BERTH_DATA_DIR ?? join(here, '../../.berth');
const option = (value) => ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: { assignments: option(100_000), changes: option(200), connections: option(32) },
});
const [assignments, changes, connections] = ['assignments', 'changes', 'connections'].map((name) =>
  Number(values[name]),
);
const password = readFileSync(join(dataDir, 'admin-password'), 'utf8').trim();
const api = new Api({ endpoints: readEndpoints(dataDir), password, connections });

/** Of each service, a moment after it was left alone. */
async function mebibytes() {
  await delay(5_000);
  const { pids } = readEndpoints(dataDir);
  return Object.fromEntries(services.map((each) => [each, Math.round(residentBytes(pids[each]) / 1024 / 1024)]));
}

async function restartAll() {
  const seconds = {};
  for (const each of services) seconds[each] = Number((await restart(dataDir, each)).toFixed(2));
  return seconds;
}

function grown(before, after) {
  return Object.fromEntries(services.map((each) => [each, after[each] - before[each]]));
}

const emptyReady = await restartAll();
const before = await mebibytes();
const filled = await fillWithAssignments(api, { assignments, connections });
const during = await mebibytes();
const readySeconds = await restartAll();
const after = await mebibytes();
const bite = await measureBite({ api, endpoints: readEndpoints(dataDir), changes });
api.close();

const report = {
  at: new Date().toISOString(),
  machine: `${cpus().length} x ${cpus()[0]?.model}`,
  commit: spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here }).stdout?.toString().trim(),
  ...filled,
  grownMebibytes: { whileWritten: grown(before, during), afterRestart: grown(before, after) },
  readySeconds: { before: emptyReady, after: readySeconds },
  takenAwayUntilRegistryRefuses: bite,
};
mkdirSync(join(here, '../results'), { recursive: true });
writeFileSync(join(here, '../results/definitions.json'), `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report, null, 2));

const { whileWritten, afterRestart } = report.grownMebibytes;
const missed = [
  ...services
    .filter((each) => Math.max(whileWritten[each], afterRestart[each]) > bars.grownMebibytes)
    .map((each) => `memory of ${each}`),
  ...services.filter((each) => readySeconds[each] > bars.readySeconds).map((each) => `readiness of ${each}`),
  ...Object.entries(bite)
    .filter(([, { p99Ms }]) => p99Ms > bars.biteP99Ms)
    .map(([kind]) => `the time until a change of ${kind} bites`),
];
for (const what of missed) console.error(`${what} misses its bar (${JSON.stringify(bars)})`);
process.exitCode = missed.length === 0 ? 0 : 1;
