/**
 * `npm run revoke [-- --tokens 10000 --sample 64 --pulls 100]`: imports that many tokens with a label into a running Berth
 * (`npm start`), gets an access token for each, and disables them all at once by their label while other devices pull at a
 * steady rate. Measures how long after the answer each of a sample is let in at the registry, and the others' latency before
 * and meanwhile; a second after the answer it asks with every one of them. Wants a data folder of its own: the tokens stay.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cpuMicroseconds, withDescendants } from '../bench/cpu.mjs';
import { importTokens } from '../million/import.mjs';
import { RevokeClient } from './client.mjs';
import { percentiles, SteadyPulls } from './pulls.mjs';

const here = import.meta.dirname;
const dataDir = process.env.BERTH_DATA_DIR ?? join(here, '../../.berth');
const boundMs = 1000;
const names = ['tokens', 'sample', 'others', 'pulls', 'connections', 'seconds'];
const option = (value) => ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: {
    tokens: option(10_000),
    sample: option(64),
    others: option(100),
    pulls: option(100),
    connections: option(32),
    seconds: option(10),
  },
});
const [tokens, sample, others, pulls, connections, seconds] = names.map((name) => Number(values[name]));

const endpoints = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'));
const password = readFileSync(join(dataDir, 'admin-password'), 'utf8').trim();
const client = new RevokeClient({ endpoints, password });
const run = Date.now().toString(36);

/** Does it for all, so many at a time; the results in the order of the things. */
async function forAll(things, work) {
  const results = [];
  let next = 0;
  const goOn = async () => {
    for (let at = next++; at < things.length; at = next++) results[at] = await work(things[at]);
  };
  await Promise.all(Array.from({ length: connections }, goOn));
  return results;
}

/** Access tokens of newly imported devices. */
async function devices(count, { prefix, labels }) {
  const of = (n) => ({ name: `${prefix}-${run}-${n}`, labels });
  return forAll(await importTokens({ endpoints, password }, { from: 0, to: count, of }), (credential) =>
    client.accessToken(credential),
  );
}

/** When it is first refused, in milliseconds after an instant; asked again and again. 0 = it was before that. */
async function firstRefusal(token, since) {
  for (;;) {
    const askedAt = performance.now();
    const status = await client.pull(token);
    if (status === 401) return Math.max(0, askedAt - since);
    if (status !== 200) throw new Error(`a revoked device was answered ${status}`);
    if (askedAt - since > 60_000) throw new Error('a revoked device is still let in');
    await delay(10);
  }
}

/** What each service, Postgres and Kafka have used. */
function cpuOfEach() {
  return Object.entries(endpoints.pids).map(([name, pids]) => [
    name,
    Math.round(cpuMicroseconds(withDescendants(pids)) / 1000),
  ]);
}

await client.pushManifest();
const staying = await devices(others, { prefix: 'stays', labels: {} });
const leaving = await devices(tokens, { prefix: 'leaves', labels: { batch: run } });
const load = new SteadyPulls({ perSecond: pulls, pull: (n) => client.pull(staying[n % staying.length]) });
await delay(2_000);
const steadyFrom = performance.now();
await delay(seconds * 1000);
const cpuBefore = cpuOfEach();
const askedAt = performance.now();
const revoked = await client.revoke({ batch: run });
const answeredAt = performance.now();
const chosen = leaving.filter((_, n) => Math.floor((n * sample) / tokens) !== Math.floor(((n - 1) * sample) / tokens));
// Each by itself: one that waits for another's turn would seem to be let in longer.
const times = await Promise.all(chosen.map((token) => firstRefusal(token, answeredAt)));
const refusedAt = performance.now();
const cpuAfter = cpuOfEach();
await delay(Math.max(0, boundMs - (refusedAt - answeredAt)));
const boundAt = performance.now();
await load.stop();
const statuses = await forAll(leaving, (token) => client.pull(token));
client.close();

const report = {
  at: new Date().toISOString(),
  machine: `${cpus().length} x ${cpus()[0]?.model}`,
  commit: spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here }).stdout?.toString().trim(),
  revoked,
  revocationMs: Math.round(answeredAt - askedAt),
  afterTheAnswerUntilRefused: percentiles(times),
  cpuMsUntilAllRefused: Object.fromEntries(cpuAfter.map(([name, ms], n) => [name, ms - cpuBefore[n][1]])),
  letInAfterTheBound: statuses.filter((status) => status !== 401).length,
  others: {
    perSecond: pulls,
    before: load.between(steadyFrom, askedAt),
    whileRevoking: load.between(askedAt, answeredAt),
    theSecondAfter: load.between(answeredAt, boundAt),
  },
};
mkdirSync(join(here, '../results'), { recursive: true });
writeFileSync(join(here, '../results/revoke.json'), `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report, null, 2));
const isGood =
  revoked === tokens && report.letInAfterTheBound === 0 && report.afterTheAnswerUntilRefused.p99Ms <= boundMs;
if (!isGood) console.error(`not all of ${tokens} were refused within ${boundMs} ms (p99)`);
process.exitCode = isGood ? 0 : 1;
