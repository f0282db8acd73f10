import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { freePort } from './free-port.js';
import { Launcher } from './launcher.js';
import type { Platform } from './platform.js';
import { ProcessRecords } from './process-records.js';
import { silentService, writeStandIns } from './stand-ins.suite.js';
import { tempDir } from './temp-dir.suite.js';
import { becomesTrue } from './within.js';

async function launcherOf(standIns: Parameters<typeof writeStandIns>[1] = {}) {
  const [dataDir, root] = [await tempDir(), await tempDir()];
  await writeStandIns(root, standIns);
  const env = { BERTH_DATABASE_URL: inject('postgresUrl'), BERTH_KAFKA_BROKERS: inject('kafkaBrokers') };
  const records = new ProcessRecords(join(dataDir, 'run'));
  onTestFinished(() => records.endAlive(0).then(() => undefined));
  const lines: string[] = [];
  const pause = () => Promise.resolve();
  const launcher = new Launcher({ dataDir, root, port: await freePort(), env, say: (line) => lines.push(line), pause });
  return { launcher, records, lines };
}

describe('Launcher', () => {
  it('tells that the platform is ready, and when it is asked to end stops everything', async () => {
    const { launcher, records, lines } = await launcherOf();
    const seen: Platform[] = [];
    await launcher.run((platform) => {
      seen.push(platform);
      launcher.end();
    });
    expect(seen).toHaveLength(1);
    expect(records.alive()).toEqual([]);
    expect(lines.at(-1)).toBe('Stopping');
  });

  it('ends a start that is not ready yet without calling that a failure', async () => {
    const { launcher, records } = await launcherOf({ audit: silentService });
    const life = launcher.run(() => {
      throw new Error('never ready');
    });
    const isWaiting = () => records.alive().some(({ name }) => name === 'audit-1');
    expect(await becomesTrue({ limitMs: 10_000, holds: isWaiting })).toBe(true);
    launcher.end();
    await life;
    expect(records.alive()).toEqual([]);
  });

  it('stops everything and fails when a process can not be kept running', async () => {
    const dies = `
      import { createServer } from 'node:http';
      const [host, port] = process.env.BERTH_LISTEN.split(':');
      createServer((_, answer) => answer.end(() => setTimeout(() => process.exit(9), 20))).listen(Number(port), host);`;
    const { launcher, records, lines } = await launcherOf({ audit: dies });
    await expect(launcher.run(() => undefined)).rejects.toThrow(/^audit-1 ended more than 5 times within a minute/);
    expect(lines).toContain('audit-1 ended (exit status 9); starting it again.');
    expect(records.alive()).toEqual([]);
  });
});
