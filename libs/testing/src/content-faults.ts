import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { algorithmOf, createDigester, type Digest } from '@berth/oci';
import { Database } from '@berth/persistence';

interface StoredRow {
  readonly key: string;
  /** Null for an upload in progress. */
  readonly digest: Digest | null;
  /** At least so many for an upload, exactly so many for a blob. */
  readonly bytes: number;
}

/**
 * Compares what the registry's rows say with the files of its blob store, every byte of them: for proofs that something
 * which broke in the middle left nothing wrong. The registry should be idle.
 *
 * @param databaseUrl the owner's, as `endpoints.json` has it
 * @returns a sentence for each row without its bytes, and each file that no row knows; none = all is well
 */
export async function contentFaults({
  databaseUrl,
  dataDir,
}: {
  readonly databaseUrl: string;
  readonly dataDir: string;
}): Promise<readonly string[]> {
  const options = { url: databaseUrl, applicationName: 'berth-testing', schema: 'registry', poolSize: 1 };
  const db = Database.open(options);
  const folder = join(dataDir, 'blobs');
  try {
    const rows = await db.query<StoredRow>(
      `select key, digest, size_bytes as bytes from blob
       union all select key, null, offset_bytes from upload`,
    );
    const doomed = await db.query<{ key: string }>('select key from doomed_key');
    const known = new Set([...rows, ...doomed].map(({ key }) => key));
    const faults = await Promise.all(rows.map((row) => faultOf(row, folder)));
    const strays = (await keysIn(folder)).filter((key) => !known.has(key));
    return [...faults.filter((fault) => fault !== null), ...strays.map((key) => `no row knows the file ${key}`)];
  } finally {
    await db.close();
  }
}

async function faultOf({ key, digest, bytes }: StoredRow, folder: string): Promise<string | null> {
  const file = join(folder, key.slice(-2), key);
  const size = await sizeOf(file);
  if (size === null) return `the row of ${key} has no file`;
  if (digest === null) return size < bytes ? `the upload ${key} has ${size} of ${bytes} bytes` : null;
  if (size !== bytes) return `the blob ${digest} has ${size} instead of ${bytes} bytes`;
  const digester = createDigester(algorithmOf(digest));
  for await (const chunk of createReadStream(file)) digester.update(chunk as Buffer);
  return digester.digest() === digest ? null : `the blob ${digest} has other bytes`;
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return null;
    throw e;
  }
}

async function keysIn(folder: string): Promise<readonly string[]> {
  const parts = await readdir(folder);
  return (await Promise.all(parts.map((part) => readdir(join(folder, part))))).flat();
}
