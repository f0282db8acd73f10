/**
 * `npm run million [-- --tokens 1000000 --seconds 30]`: imports that many tokens into a running Berth (`npm start`), then logs
 * in with credentials drawn at random from all of them; CPU of identity and Postgres per issue, latency, and how much
 * identity's resident memory has grown since there were 10,000. Wants a data folder of its own: the tokens stay.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuMicrosecondsSince, cpuOfEach, withDescendants } from '../bench/cpu.mjs';
import { residentBytes } from '../large/memory.mjs';
import { importTokens } from './import.mjs';
import { issueAtRandom } from './issue.mjs';

const here = import.meta.dirname;
const dataDir = process.env.BERTH_DATA_DIR ?? join(here, '../../.berth');
const option = (value) => ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: { tokens: option(1_000_000), few: option(10_000), seconds: option(30), connections: option(32) },
});
const [tokens, few, seconds, connections] = ['tokens', 'few', 'seconds', 'connections'].map((name) =>
  Number(values[name]),
);

const endpoints = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'));
const password = readFileSync(join(dataDir, 'admin-password'), 'utf8').trim();
const identity = withDescendants(endpoints.pids.identity);
const mebibytes = (pids) => Math.round(residentBytes(pids) / 1024 / 1024);

/** CPU, latency and memory of log-ins with credentials drawn from all that there are. */
async function measure(work, credentials) {
  const target = { url: endpoints.identity, service: new URL(endpoints.origin).host, credentials, connections };
  await issueAtRandom({ ...target, seconds: 2 });
  const postgres = withDescendants(endpoints.pids.postgres);
  const before = [cpuOfEach(identity), cpuOfEach(postgres)];
  const { requests, ...latency } = await issueAtRandom({ ...target, seconds });
  const perRequest = (from) => Math.round(cpuMicrosecondsSince(from) / requests);
  return {
    work,
    perSecond: Math.round(requests / seconds),
    ...latency,
    cpuMicrosecondsPerRequest: perRequest(before[0]),
    postgresMicrosecondsPerRequest: perRequest(before[1]),
    identityMebibytes: mebibytes(endpoints.pids.identity),
  };
}

const importer = { endpoints, password };
const credentials = await importTokens(importer, { from: 0, to: few });
const rows = [await measure(`token issue, one of ${few}`, credentials)];
const startedAt = performance.now();
const all = credentials.concat(await importTokens(importer, { from: few, to: tokens }));
const importSeconds = (performance.now() - startedAt) / 1000;
rows.push(await measure(`token issue, one of ${tokens}`, all));

const report = {
  at: new Date().toISOString(),
  machine: `${cpus().length} x ${cpus()[0]?.model}`,
  commit: spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here }).stdout?.toString().trim(),
  importedPerSecond: Math.round((tokens - few) / importSeconds),
  identityGrewByMebibytes: rows[1].identityMebibytes - rows[0].identityMebibytes,
  rows,
};
mkdirSync(join(here, '../results'), { recursive: true });
writeFileSync(join(here, '../results/million.json'), `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report, null, 2));
