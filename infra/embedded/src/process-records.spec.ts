import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { processStart } from './process-identity.js';
import { ProcessRecords } from './process-records.js';
import { tempDir } from './temp-dir.suite.js';

async function sleeper(script = 'exec sleep 60'): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child, 'spawn');
  onTestFinished(() => void child.kill('SIGKILL'));
  return Object.assign(child, { pid: child.pid ?? 0 });
}

const plan = { stopSignal: 'SIGTERM', stopOrder: 1 } as const;

describe('ProcessRecords', () => {
  it('ends what a killed launcher left, and forgets it', async () => {
    const dir = await tempDir();
    const child = await sleeper();
    new ProcessRecords(dir).add({ name: 'registry-1', pid: child.pid, ...plan });
    expect(await new ProcessRecords(dir).endAlive()).toEqual(['registry-1']);
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGTERM');
    expect(existsSync(join(dir, 'registry-1.json'))).toBe(false);
  });

  it('leaves a process alone that has got the pid of a recorded one', async () => {
    const dir = await tempDir();
    const child = await sleeper();
    const records = new ProcessRecords(dir);
    records.add({ name: 'registry-1', pid: child.pid, ...plan });
    const file = join(dir, 'registry-1.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as { start: string };
    writeFileSync(file, JSON.stringify({ ...record, start: `1${record.start}` }));
    expect(await records.endAlive()).toEqual([]);
    expect(processStart(child.pid)).not.toBeNull();
    expect(existsSync(file)).toBe(false);
  });

  it('kills what does not listen, in the order in which things stop', async () => {
    const dir = await tempDir();
    const records = new ProcessRecords(dir);
    const deaf = await sleeper('trap "" TERM; echo deaf; while :; do sleep 0.05; done');
    const last = await sleeper();
    if (deaf.stdout !== null) await once(deaf.stdout, 'data');
    const ends: string[] = [];
    deaf.once('exit', (_code, signal) => ends.push(`deaf ${signal}`));
    last.once('exit', (_code, signal) => ends.push(`last ${signal}`));
    const bothEnded = Promise.all([once(deaf, 'exit'), once(last, 'exit')]);
    records.add({ name: 'postgres', pid: last.pid, stopSignal: 'SIGINT', stopOrder: 9 });
    records.add({ name: 'gateway-1', pid: deaf.pid, ...plan });
    await records.endAlive(200);
    await bothEnded;
    expect(ends).toEqual(['deaf SIGKILL', 'last SIGINT']);
  });

  it('forgets a record that it cannot read, and one of a process that has ended', async () => {
    const dir = await tempDir();
    const records = new ProcessRecords(dir);
    writeFileSync(join(dir, 'broken.json'), '{"pid":');
    const child = await sleeper();
    records.add({ name: 'ended', pid: child.pid, ...plan });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(records.alive()).toEqual([]);
    expect(existsSync(join(dir, 'broken.json'))).toBe(false);
    expect(existsSync(join(dir, 'ended.json'))).toBe(false);
  });
});
