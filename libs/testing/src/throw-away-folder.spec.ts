import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessRecords } from '@berth/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { createThrowAwayFolder, removeAbandonedFolders } from './throw-away-folder.js';

it('ends the servers of a run that was killed and removes its folder, and leaves those of a run that lives', async () => {
  const [abandoned, alive] = [await createThrowAwayFolder(), await createThrowAwayFolder()];
  onTestFinished(() => rmSync(alive, { recursive: true, force: true }));
  const server = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(server, 'spawn');
  const ended = once(server, 'exit');
  const records = new ProcessRecords(join(abandoned, 'run'));
  records.add({ name: 'postgres', pid: server.pid ?? 0, stopSignal: 'SIGINT', stopOrder: 9 });
  new ProcessRecords(join(abandoned, 'owner')).remove('owner');
  await removeAbandonedFolders();
  await ended;
  expect([existsSync(abandoned), existsSync(alive)]).toEqual([false, true]);
});
