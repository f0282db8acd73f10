/**
 * `npm run load -- <profile>`: drives a running Berth (`npm start`) with k6 and then reconciles the audit log with what was
 * sent: each device logged in once, pulled one manifest and one blob, and stands in the log exactly so.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reconcile } from './verify/reconcile.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const profile = process.argv[2] ?? 'smoke';
const dataDir = process.env.BERTH_DATA_DIR ?? join(here, '../.berth');

function give(message) {
  console.error(message);
  process.exit(1);
}

function readRunning() {
  try {
    const endpoints = JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'));
    return { endpoints, password: readFileSync(join(dataDir, 'admin-password'), 'utf8').trim() };
  } catch (error) {
    return give(`Berth is not running (${error.message}): start it with "npm start" in another terminal.`);
  }
}

const { endpoints, password } = readRunning();
if (spawnSync('k6', ['version']).error) give('k6 is not installed: "go install go.k6.io/k6@latest" gives it.');

const summaryFile = join(here, 'results', `${profile}-summary.json`);
mkdirSync(dirname(summaryFile), { recursive: true });
const startedAt = new Date().toISOString();
const { status } = spawnSync(
  'k6',
  ['run', '--summary-export', summaryFile, '--no-usage-report', join(here, 'src/device-pull.ts')],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      PROFILE: profile,
      ORIGIN: endpoints.origin,
      REGISTRY: endpoints.registry,
      IDENTITY: endpoints.identity,
      LOGIN_SERVER: new URL(endpoints.origin).host,
      ADMIN_PASSWORD: password,
    },
  },
);

const { metrics } = JSON.parse(readFileSync(summaryFile, 'utf8'));
const reconciled = await reconcile({
  origin: endpoints.origin,
  password,
  from: startedAt,
  devices: metrics.devices_done?.count ?? 0,
});
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here }).stdout?.toString().trim();
const report = {
  profile,
  startedAt,
  machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  commit,
  cycleMs: metrics.device_cycle_ms,
  failedRequests: metrics.http_req_failed?.passes ?? 0,
  droppedIterations: metrics.dropped_iterations?.count ?? 0,
  audit: reconciled,
};
writeFileSync(join(here, 'results', `${profile}.json`), `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report, null, 2));
process.exitCode = status === 0 && reconciled.complete ? 0 : 1;
