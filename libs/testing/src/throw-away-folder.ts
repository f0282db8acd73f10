import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { ProcessRecords } from '@berth/embedded';

const prefix = 'berth-test-';

/** Makes an empty folder for servers of this process; a later run removes it, and ends them, should this one be killed. */
export async function createThrowAwayFolder(): Promise<string> {
  const draft = await mkdtemp(join(tmpdir(), 'berth-new-'));
  ownerOf(draft).add({ name: 'owner', pid: process.pid, stopSignal: 'SIGTERM', stopOrder: 0 });
  // Under its final name only with its owner in it, so that nobody takes it for an abandoned one.
  const folder = join(tmpdir(), basename(draft).replace('berth-new-', prefix));
  await rename(draft, folder);
  return folder;
}

/** Ends the servers of test runs that were killed, and removes their folders. */
export async function removeAbandonedFolders(): Promise<void> {
  const folders = (await readdir(tmpdir()))
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(tmpdir(), name));
  await Promise.all(folders.filter((folder) => ownerOf(folder).alive().length === 0).map(removeAbandoned));
}

async function removeAbandoned(folder: string): Promise<void> {
  await new ProcessRecords(join(folder, 'run')).endAlive(0);
  await rm(folder, { recursive: true, force: true });
}

function ownerOf(folder: string): ProcessRecords {
  return new ProcessRecords(join(folder, 'owner'));
}
