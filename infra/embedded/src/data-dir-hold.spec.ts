import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DataDirHold } from './data-dir-hold.js';
import { tempDir } from './temp-dir.suite.js';

const script = `
  const { DatabaseSync } = require('node:sqlite');
  const lock = new DatabaseSync(process.argv[1]);
  lock.exec('BEGIN EXCLUSIVE');
  console.log('held');
  setInterval(() => {}, 1000);`;

/** Another process that holds the folder, as a launcher does. */
async function otherHolder(dataDir: string) {
  const child = spawn(process.execPath, ['-e', script, join(dataDir, 'launcher.lock')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('DataDirHold', () => {
  it('is taken once: a second launcher is told who has it and what to do', async () => {
    const dataDir = await tempDir();
    const hold = await DataDirHold.take(dataDir);
    await expect(DataDirHold.take(dataDir)).rejects.toMatchObject({
      kind: 'conflict',
      message: `Berth already runs on ${dataDir} (process ${process.pid}): stop it first, or set BERTH_DATA_DIR to another folder.`,
    });
    hold.release();
    (await DataDirHold.take(dataDir)).release();
  });

  it('is refused while another process has it, and free as soon as that one is killed', async () => {
    const dataDir = await tempDir();
    const other = await otherHolder(dataDir);
    await expect(DataDirHold.take(dataDir)).rejects.toMatchObject({ kind: 'conflict' });
    other.kill('SIGKILL');
    await once(other, 'exit');
    (await DataDirHold.take(dataDir)).release();
  });

  it('waits for a launcher that is stopping', async () => {
    const dataDir = await tempDir();
    const first = await DataDirHold.take(dataDir);
    first.announceStop();
    let isTaken = false;
    const second = DataDirHold.take(dataDir).then((hold) => {
      isTaken = true;
      return hold;
    });
    await delay(250);
    expect(isTaken).toBe(false);
    first.release();
    (await second).release();
  });
});
