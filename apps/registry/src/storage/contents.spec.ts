import { randomUUID } from 'node:crypto';
import { parseBlobKey } from '@berth/blob-store';
import { digestOf, parseManifest, parseRepositoryName, parseTag, type Digest } from '@berth/oci';
import { Database, migrate, type Transaction } from '@berth/persistence';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Blob } from '../blob.js';
import type { Repository, RepositoryAddress } from '../repository.js';
import { CheckedMemory } from './checked-memory.js';
import { PostgresBlobIndexStore } from './blob-index.store.js';
import { PostgresManifestStore } from './manifest.store.js';
import { migrations } from './migrations/index.js';
import { RepositoryStates } from './repository-state.js';
import { PostgresRepositoryStore } from './repository.store.js';

const account = randomUUID();
const at = new Date('2026-01-02T03:04:05.678Z');
let database: TestDatabase;
let db: Database;
let blobs: PostgresBlobIndexStore;
let manifests: PostgresManifestStore;
let repositories: PostgresRepositoryStore;

beforeAll(async () => {
  database = await createTestDatabase();
  const serviceUrl = database.urlFor('registry_stores_spec');
  await migrate({ ownerUrl: database.url, serviceUrl, schema: 'registry', migrations });
  db = Database.open({ url: serviceUrl, applicationName: 'stores-spec', schema: 'registry' });
  const states = new RepositoryStates(db);
  const memory = new CheckedMemory({
    ...{ maxBytes: 1024 * 1024, maxStaleMs: 0 },
    ...{ stateOf: (address) => states.find(address), clock: Date.now },
  });
  repositories = new PostgresRepositoryStore(db);
  blobs = new PostgresBlobIndexStore(db, memory);
  manifests = new PostgresManifestStore(db, memory, Date.now);
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const newAddress = (): RepositoryAddress => ({
  account,
  registryId: randomUUID(),
  name: parseRepositoryName('team/app'),
});

async function opened(tx: Transaction, address: RepositoryAddress): Promise<Repository> {
  const repository = await repositories.open(tx, { address, incarnation: 0, at });
  if (repository === null) throw new Error('deleted');
  return repository;
}

function newBlob(text: string): Blob {
  return { digest: digestOf(Buffer.from(text)), key: parseBlobKey(randomUUID()), sizeBytes: text.length };
}

async function addBlob(address: RepositoryAddress, blob: Blob, principal = 'token:a'): Promise<Blob> {
  return db.transaction(async (tx) => {
    const repository = await opened(tx, address);
    const arrived = await blobs.add(tx, repository, { blob, principal, at, reviewAfter: at });
    return arrived.blob;
  });
}

/** An index without children: the smallest manifest there is; the annotation makes it another one. */
async function addManifest(address: RepositoryAddress, note: string, tags: readonly string[] = []): Promise<Digest> {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], annotations: { note } }));
  const manifest = parseManifest({ bytes: content, contentType: mediaType });
  const digest = digestOf(content);
  await db.transaction(async (tx) => {
    const repository = await opened(tx, address);
    await manifests.insert(tx, repository, {
      digest,
      manifest,
      content,
      depth: 0,
      blobs: new Set(),
      principal: 'token:a',
      at,
    });
    for (const name of tags.map(parseTag)) {
      const known = await manifests.addTag(tx, repository, { name, digest, at });
      if (known !== null) await manifests.moveTag(tx, repository, { name, digest, at });
    }
  });
  return digest;
}

describe('repositories', () => {
  it('are made once, also by eight callers at the same time', async () => {
    const address = newAddress();
    expect(await repositories.find(db, address)).toBeNull();
    const made = await Promise.all(Array.from({ length: 8 }, () => db.transaction((tx) => opened(tx, address))));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await repositories.find(db, { ...address, registryId: randomUUID() })).toBeNull();
  });
});

describe('blobs', () => {
  it('are found only through their link in the repository', async () => {
    const [address, other] = [newAddress(), newAddress()];
    const blob = newBlob('linked');
    await addBlob(address, blob);
    expect(await blobs.find(address, blob.digest)).toMatchObject({ ...blob, isReleased: false, isBad: false });
    expect(await blobs.find(other, blob.digest)).toBeNull();
    await addBlob(other, newBlob('something else'));
    expect(await blobs.find(other, blob.digest)).toBeNull();
  });

  it('keep the key of the first upload, and each bringer is a holder', async () => {
    const address = newAddress();
    const first = newBlob('twice');
    expect(await addBlob(address, first)).toEqual(first);
    expect(await addBlob(address, newBlob('twice'), 'token:b')).toEqual(first);
    const holders = await db.query<{ principal: string }>(
      'select principal from blob_holder where digest = $1 order by principal',
      [first.digest],
    );
    expect(holders.map(({ principal }) => principal)).toEqual(['token:a', 'token:b']);
  });

  it('of one digest, uploaded by many at once, end with one key', async () => {
    const addresses = Array.from({ length: 8 }, newAddress);
    const live = await Promise.all(addresses.map((address) => addBlob(address, newBlob('contended'))));
    expect(new Set(live.map(({ key }) => key)).size).toBe(1);
  });

  it('are released without deadlock by pushes that share layers', async () => {
    const address = newAddress();
    const layers = Array.from({ length: 20 }, (_, i) => newBlob(`layer ${i}`));
    for (const layer of layers) await addBlob(address, layer);
    const repository = await repositories.find(db, address);
    const digests = layers.map(({ digest }) => digest);
    const release = (order: readonly Digest[]) =>
      db.transaction((tx) => blobs.release(tx, repository as Repository, order));
    await Promise.all([digests, digests.toReversed(), digests, digests.toReversed()].map(release));
    const rows = await db.query('select 1 from repository_blob where released and digest = any($1)', [digests]);
    expect(rows).toHaveLength(20);
  });
});

describe('manifests and tags', () => {
  it('are found by tag and by digest, bytes unchanged, in their repository only', async () => {
    const address = newAddress();
    const digest = await addManifest(address, 'one', ['v1']);
    const tag = { kind: 'tag', tag: parseTag('v1') } as const;
    const found = await manifests.find(address, tag);
    expect(found?.digest).toBe(digest);
    expect(digestOf(found?.content ?? Buffer.alloc(0))).toBe(digest);
    expect(await manifests.find(address, { kind: 'digest', digest })).toEqual(found);
    expect(await manifests.head(address, tag)).toEqual({
      digest,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      sizeBytes: found?.sizeBytes,
      isClosed: false,
    });
    expect(await manifests.find(newAddress(), tag)).toBeNull();
    expect(await manifests.find(address, { kind: 'tag', tag: parseTag('v2') })).toBeNull();
  });

  it('are found together, small and large, by many who ask at once', async () => {
    const address = newAddress();
    const small = await addManifest(address, 'small', ['small']);
    const large = await addManifest(address, 'x'.repeat(200_000), ['large']);
    const wanted = ['small', 'large', 'none', 'small'].map((tag) => ({ kind: 'tag', tag: parseTag(tag) }) as const);
    const found = await Promise.all(wanted.map((reference) => manifests.find(address, reference)));
    expect(found.map((manifest) => manifest?.digest)).toEqual([small, large, undefined, small]);
    for (const manifest of found) if (manifest !== null) expect(digestOf(manifest.content)).toBe(manifest.digest);
  });

  it('let a tag move', async () => {
    const address = newAddress();
    await addManifest(address, 'one', ['latest']);
    const second = await addManifest(address, 'two', ['latest']);
    expect((await manifests.head(address, { kind: 'tag', tag: parseTag('latest') }))?.digest).toBe(second);
  });

  it('list tags bytewise, page by page, and tell an unknown repository from an empty one', async () => {
    const address = newAddress();
    expect(await manifests.tags(address, { limit: 10, after: null })).toBeNull();
    await addManifest(address, 'untagged');
    expect(await manifests.tags(address, { limit: 10, after: null })).toEqual([]);
    await addManifest(address, 'tagged', ['b', 'a', 'B', '_x', '10', '9']);
    expect(await manifests.tags(address, { limit: 10, after: null })).toEqual(['10', '9', 'B', '_x', 'a', 'b']);
    expect(await manifests.tags(address, { limit: 2, after: '9' })).toEqual(['B', '_x']);
    expect(await manifests.tags(address, { limit: 2, after: 'b' })).toEqual([]);
    expect(await manifests.tags(address, { limit: 0, after: null })).toEqual([]);
  });
});
