import type { SpoolFrame } from '@berth/contracts';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logger } from '../kafka/kafka.suite.js';
import { findFrames } from './frame.js';
import { Spool, type SpoolOptions } from './spool.js';

export { entry } from './spool-entry.suite.js';

/** What the specs of the spool share: a folder of their own, entries, and a look into the files. */

const folders: string[] = [];

export function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'berth-spool-'));
  folders.push(dir);
  return dir;
}

export function removeDirs(): void {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
}

export function openSpool(dir: string, more: Partial<SpoolOptions> = {}): Promise<Spool> {
  return Spool.open({ dir, service: 'registry', instance: 'registry-1', clock: Date.now, logger, ...more });
}

export function segmentFiles(dir: string): string[] {
  const folder = join(dir, 'registry.registry-1');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .map((name) => join(folder, name));
}

/** All frames in the folder, as a new process would find them. */
export function storedFrames(dir: string): SpoolFrame[] {
  return segmentFiles(dir).flatMap((path) => {
    const { bodies } = findFrames(readFileSync(path), { frames: Infinity, bytes: Infinity });
    return bodies.map((body): SpoolFrame => JSON.parse(body.toString('utf8')));
  });
}

/** The tags of the stored entries, which tell them apart. */
export function storedTags(dir: string): (string | undefined)[] {
  return storedFrames(dir).flatMap((frame) => (frame.kind === 'entry' ? [frame.entry.target.tag] : []));
}
