/**
 * `npm run bench [-- seconds]`: CPU per request of a running Berth (`npm start`), as docs/performance.md says: the server
 * under test pinned to one core, wrk to the other, registry and identity addressed directly.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMicrosecondsSince, cpuOfEach, withDescendants } from './cpu.mjs';
import { startFloor } from './floor.mjs';
import { prepare } from './prepare.mjs';
import { runHeads, runWrk } from './wrk.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dataDir = process.env.BERTH_DATA_DIR ?? join(here, '../../.berth');
const seconds = Number(process.argv[2] ?? 6);
const serverCore = 0;
const loadCore = 1;

function pin(pids, cores) {
  for (const pid of pids) spawnSync('taskset', ['-acp', cores, String(pid)]);
}

function measure({ work, service, method = 'GET', ...request }, pids) {
  const run = method === 'HEAD' ? runHeads : runWrk;
  const server = withDescendants(pids[service]);
  const postgres = withDescendants(pids.postgres);
  pin(server, String(serverCore));
  run({ ...request, connections: 32, seconds: 2, core: loadCore });
  const before = { server: cpuOfEach(server), postgres: cpuOfEach(postgres) };
  const result = run({ ...request, connections: 32, seconds, core: loadCore });
  const perRequest = (start) => Math.round(cpuMicrosecondsSince(start) / result.requests);
  const row = {
    work,
    perSecond: Math.round(result.perSecond),
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMicrosecondsPerRequest: perRequest(before.server),
    postgresMicrosecondsPerRequest: perRequest(before.postgres),
  };
  pin(server, `0-${cpus().length - 1}`);
  return row;
}

const endpoints = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'));
const password = readFileSync(join(dataDir, 'admin-password'), 'utf8').trim();
const works = await prepare({ endpoints, password });
const floor = await startFloor();
const onFloor = { work: 'floor: node:http, 600 bytes', service: 'floor', url: floor.url, headers: {} };
const rows = [onFloor, ...works].map((work) => measure(work, { ...endpoints.pids, floor: [floor.pid] }));
floor.stop();
for (const row of rows) {
  row.timesTheFloor = Number((row.cpuMicrosecondsPerRequest / rows[0].cpuMicrosecondsPerRequest).toFixed(1));
}
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here }).stdout?.toString().trim();
const report = {
  at: new Date().toISOString(),
  machine: `${cpus().length} x ${cpus()[0]?.model}`,
  commit,
  seconds,
  rows,
};
mkdirSync(join(here, '../results'), { recursive: true });
writeFileSync(join(here, '../results/bench.json'), `${JSON.stringify(report, null, 2)}\n`);
console.table(rows);
