import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { freePort } from './free-port.js';
import { startPlatform } from './platform.js';
import type { PlatformOptions } from './platform-options.js';
import { processStart } from './process-identity.js';
import { ProcessRecords } from './process-records.js';
import { brokenService, silentService, writeStandIns } from './stand-ins.suite.js';
import { tempDir } from './temp-dir.suite.js';
import { becomesTrue } from './within.js';

type Overrides = Partial<PlatformOptions> & { standIns?: Parameters<typeof writeStandIns>[1] };

/** Options of a platform of stand-ins, on the servers of the test run. */
async function optionsFor({ standIns, ...more }: Overrides = {}) {
  const [dataDir, root] = [await tempDir(), await tempDir()];
  await writeStandIns(root, standIns);
  const env = {
    BERTH_DATABASE_URL: inject('postgresUrl'),
    BERTH_KAFKA_BROKERS: inject('kafkaBrokers'),
    ...more.env,
  };
  onTestFinished(() => new ProcessRecords(join(dataDir, 'run')).endAlive(0).then(() => undefined));
  return { dataDir, root, port: await freePort(), ...more, env };
}

async function start(options: PlatformOptions) {
  const platform = await startPlatform(options);
  onTestFinished(() => platform.stop());
  return platform;
}

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8')) as Record<string, string>;

describe('startPlatform', () => {
  it('starts its own Postgres and Kafka and every service, writes endpoints.json, and stops all of it in order', async () => {
    const options = { ...(await optionsFor()), env: {} };
    const platform = await start({ ...options, replicas: { registry: 2 } });
    const { dataDir } = options;
    expect(readJson(dataDir, 'endpoints.json')).toEqual(JSON.parse(JSON.stringify(platform.endpoints)));
    for (const file of ['endpoints.json', 'internal-key', 'master-key', 'database-passwords.json']) {
      expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
    }
    expect(platform.services.registry.map(({ instance }) => instance)).toEqual(['registry-1', 'registry-2']);
    const pids = Object.values(platform.endpoints.pids).flat();
    expect(pids.filter((pid) => processStart(pid) !== null)).toHaveLength(8);
    await platform.stop();
    expect(pids.filter((pid) => processStart(pid) !== null)).toEqual([]);
    const stops = readFileSync(join(dataDir, 'stops'), 'utf8').trim().split(' ');
    expect([stops[0], stops.slice(1, 3).sort(), stops.slice(3)]).toEqual([
      'gateway-1',
      ['registry-1', 'registry-2'],
      ['identity-1', 'policy-1', 'audit-1'],
    ]);
    expect(existsSync(join(dataDir, 'endpoints.json'))).toBe(false);
  }, 90_000);

  it('makes secrets once: a second start finds the same', async () => {
    const options = await optionsFor();
    const keys = () => ['internal-key', 'master-key'].map((file) => readFileSync(join(options.dataDir, file), 'utf8'));
    await (await start(options)).stop();
    const first = keys();
    expect(first[0]).toMatch(/^[0-9a-f]{64}$/);
    await (await start(options)).stop();
    expect(keys()).toEqual(first);
  });

  it("gives each program its own environment, and none of this process's settings", async () => {
    const options = await optionsFor({ env: { BERTH_LOG_LEVEL: 'debug' } });
    await start(options);
    const audit = readJson(options.dataDir, 'seen-audit-1.json');
    expect(audit).toMatchObject({
      BERTH_INSTANCE: 'audit-1',
      BERTH_LOG_LEVEL: 'debug',
      PATH: expect.anything() as string,
    });
    const migration = readJson(options.root, 'apps/audit/dist/seen.json');
    expect(migration['BERTH_AUDIT_DATABASE_URL']).toBe(audit['BERTH_AUDIT_DATABASE_URL']);
    expect(migration['BERTH_DATABASE_URL']).toBe(inject('postgresUrl'));
    const topics = readJson(options.root, 'infra/topics/dist/seen.json');
    expect(topics['BERTH_KAFKA_BROKERS']).toBe(inject('kafkaBrokers'));
  });

  it('kills and starts one process again under the same name and address', async () => {
    const platform = await start(await optionsFor());
    const [registry] = platform.services.registry;
    if (registry === undefined) throw new Error('no registry');
    const { pid, url } = registry;
    await registry.kill('SIGKILL');
    expect([registry.pid, processStart(pid)]).toEqual([0, null]);
    await registry.start();
    expect(registry.url).toBe(url);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(readFileSync(registry.logFile, 'utf8')).toBe('registry-1 says hello\nregistry-1 says hello\n');
  });

  it('starts a process again that ended by itself, and endpoints.json has its new pid', async () => {
    const lines: string[] = [];
    const options = await optionsFor({ onGivenUp: () => undefined, say: (line) => lines.push(line) });
    const platform = await start(options);
    const before = platform.services.policy[0]?.pid ?? 0;
    process.kill(before, 'SIGKILL');
    const pids = () => readJson(options.dataDir, 'endpoints.json')['pids'] as unknown as { policy: number[] };
    const isBack = () => ![0, before].includes(pids().policy[0] ?? 0);
    expect(await becomesTrue({ limitMs: 10_000, holds: isBack })).toBe(true);
    expect(lines).toContain('policy-1 ended (signal SIGKILL); starting it again.');
  });

  it('names the service that ends before it is ready, with its log, and leaves nothing running', async () => {
    const options = await optionsFor({ standIns: { policy: brokenService } });
    const log = join(options.dataDir, 'logs/policy-1.log');
    await expect(startPlatform(options)).rejects.toMatchObject({
      kind: 'unavailable',
      message: `policy-1 ended before it was ready (exit status 3); its log ${log} ends:\nthe configuration is not usable: BERTH_X`,
    });
    expect(new ProcessRecords(join(options.dataDir, 'run')).alive()).toEqual([]);
    await writeStandIns(options.root);
    await start(options);
  });

  it('ends a start that is under way when it is told to, and everything it had started', async () => {
    const asked = new AbortController();
    const options = await optionsFor({ standIns: { audit: silentService }, signal: asked.signal });
    const started = startPlatform(options);
    const records = new ProcessRecords(join(options.dataDir, 'run'));
    const isWaiting = () => records.alive().some(({ name }) => name === 'audit-1');
    expect(await becomesTrue({ limitMs: 10_000, holds: isWaiting })).toBe(true);
    const reason = new Error('stopped');
    asked.abort(reason);
    await expect(started).rejects.toBe(reason);
    expect(records.alive()).toEqual([]);
  });

  it('ends what a killed start had left on the folder', async () => {
    const options = await optionsFor();
    const left = await startPlatform({ ...options, dataDir: join(options.dataDir, 'other') });
    const { pid } = left.services.registry[0] ?? { pid: 0 };
    const records = new ProcessRecords(join(options.dataDir, 'run'));
    records.add({ name: 'registry-1', pid, stopSignal: 'SIGTERM', stopOrder: 1 });
    await left.services.gateway[0]?.stop();
    const lines: string[] = [];
    await start({ ...options, say: (line) => lines.push(line) });
    expect(lines).toContain('Ended what a killed start had left: registry-1');
    expect(processStart(pid)).toBeNull();
    await left.stop();
  });

  it('refuses a port that is in use, and a folder that another start has, in one sentence', async () => {
    const options = await optionsFor();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(options.port, '127.0.0.1', resolve));
    await expect(startPlatform(options)).rejects.toThrow(
      `Port ${options.port} of 127.0.0.1 is in use: stop what listens there, or set BERTH_PORT to another port.`,
    );
    await new Promise((resolve) => other.close(resolve));
    await start(options);
    await expect(startPlatform({ ...options, port: await freePort() })).rejects.toThrow(
      `Berth already runs on ${options.dataDir} (process ${process.pid})`,
    );
  });

  it("refuses to close a folder of others' things, and closes its own", async () => {
    const options = await optionsFor();
    const shared = join(options.dataDir, 'shared');
    await mkdir(shared, { mode: 0o755 });
    await writeFile(join(shared, 'photo'), '');
    await expect(startPlatform({ ...options, dataDir: shared })).rejects.toThrow(
      'set BERTH_DATA_DIR to an empty folder',
    );
    const empty = join(options.dataDir, 'empty');
    await mkdir(empty, { mode: 0o755 });
    await start({ ...options, dataDir: empty });
    expect(statSync(empty).mode & 0o777).toBe(0o700);
  });
});
