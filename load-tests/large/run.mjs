/**
 * `node load-tests/large/run.mjs [--pushes 32] [--mebibytes 1024] [--layer-mebibytes 5120] [--most-growth-mebibytes 256]
 * [--report <file>]`:
 * pushes that many blobs of that size at once to a running Berth (`npm start`), pulls them at once, then pushes and pulls one
 * layer; checks each digest, and that the registry's resident memory grows by no more than that. What it pushed is left to
 * garbage collection, so it wants a data folder of its own.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LargeClient } from './client.mjs';
import { GeneratedContent } from './content.mjs';
import { watchMemory } from './memory.mjs';

const mebibyte = 1024 * 1024;
const here = dirname(fileURLToPath(import.meta.url));
const dataDir = process.env.BERTH_DATA_DIR ?? join(here, '../../.berth');

function readOptions() {
  const option = (value) => ({ type: 'string', default: String(value) });
  const { values } = parseArgs({
    options: {
      pushes: option(32),
      mebibytes: option(1024),
      'layer-mebibytes': option(5 * 1024),
      'most-growth-mebibytes': option(256),
      report: option(join(here, '../results/large.json')),
    },
  });
  return {
    pushes: Number(values.pushes),
    mebibytes: Number(values.mebibytes),
    layerMebibytes: Number(values['layer-mebibytes']),
    mostGrowthMebibytes: Number(values['most-growth-mebibytes']),
    reportFile: values.report,
  };
}

function expectRoom({ pushes, mebibytes, layerMebibytes }) {
  const { bavail, bsize } = statfsSync(dataDir);
  const free = Math.floor((bavail * bsize) / mebibyte);
  const needed = Math.ceil(1.1 * (pushes * mebibytes + layerMebibytes));
  if (free < needed) throw new Error(`${dataDir} has ${free} MiB free, and this takes ${needed} MiB`);
}

/** Compiled code and pools come once; they are no part of what a push costs. */
async function warmUp(client, pushes) {
  const digests = await pushAtOnce(client, { pushes, sizeBytes: mebibyte, firstSeed: 1_000_000 });
  await Promise.all(digests.map((digest) => client.pull(digest)));
}

function pushAtOnce(client, { pushes, sizeBytes, firstSeed }) {
  const contents = Array.from({ length: pushes }, (_, n) => new GeneratedContent({ seed: firstSeed + n, sizeBytes }));
  return Promise.all(contents.map((content) => client.push(content)));
}

/** One push and one pull of as many blobs; memory of each, and how fast it was. */
async function measure({ client, pids, work, pushes, mebibytes, firstSeed }) {
  let digests = [];
  const pushed = await watchMemory(pids, async () => {
    digests = await pushAtOnce(client, { pushes, sizeBytes: mebibytes * mebibyte, firstSeed });
  });
  const pulled = await watchMemory(pids, () => Promise.all(digests.map((digest) => client.pull(digest))));
  return [
    { work: `push ${work}`, ...pushed },
    { work: `pull ${work}`, ...pulled },
  ].map((row) => ({
    ...row,
    growth: row.peak - row.before,
    perSecond: Math.round((pushes * mebibytes) / row.seconds),
  }));
}

const options = readOptions();
const { pushes, mebibytes, layerMebibytes, mostGrowthMebibytes, reportFile } = options;
const endpoints = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'));
const password = readFileSync(join(dataDir, 'admin-password'), 'utf8').trim();
expectRoom(options);
const client = new LargeClient({ endpoints, password });
const shared = { client, pids: endpoints.pids.registry };
await warmUp(client, pushes);
const rows = await measure({
  ...shared,
  work: `${pushes} x ${mebibytes} MiB at once`,
  pushes,
  mebibytes,
  firstSeed: 0,
});
if (layerMebibytes > 0) {
  const layer = { pushes: 1, mebibytes: layerMebibytes, firstSeed: pushes };
  rows.push(...(await measure({ ...shared, work: `one layer of ${layerMebibytes} MiB`, ...layer })));
}
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here }).stdout?.toString().trim();
const report = {
  at: new Date().toISOString(),
  machine: `${cpus().length} x ${cpus()[0]?.model}`,
  commit,
  unit: 'MiB',
  rows,
};
mkdirSync(dirname(reportFile), { recursive: true });
writeFileSync(reportFile, `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report, null, 2));
const tooMuch = rows.filter(({ growth }) => growth > mostGrowthMebibytes);
for (const { work, growth } of tooMuch)
  console.error(`${work}: grew by ${growth} MiB, more than ${mostGrowthMebibytes}`);
process.exitCode = tooMuch.length === 0 ? 0 : 1;
