import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of one test, gone after it. Made as `mkdtemp` does: 0700. */
export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-embedded-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
