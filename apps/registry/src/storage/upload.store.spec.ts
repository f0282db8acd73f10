import { randomUUID } from 'node:crypto';
import { parseBlobKey } from '@berth/blob-store';
import { parseRepositoryName, parseUploadId } from '@berth/oci';
import { Database, migrate } from '@berth/persistence';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Upload, UploadWriting } from '../upload.js';
import { migrations } from './migrations/index.js';
import { PostgresUploadStore } from './upload.store.js';

const at = new Date('2026-01-02T03:04:05.678Z');
const after = (ms: number): Date => new Date(at.getTime() + ms);
const [leaseUntil, later] = [after(30_000), after(30_001)];
const many = 1000;
const uploads = new PostgresUploadStore();
let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  const serviceUrl = database.urlFor('registry_uploads_spec');
  await migrate({ ownerUrl: database.url, serviceUrl, schema: 'registry', migrations });
  db = Database.open({ url: serviceUrl, applicationName: 'uploads-spec', schema: 'registry' });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

function anUpload(changes: Partial<Upload> = {}): Upload {
  const address = { account: randomUUID(), registryId: randomUUID(), name: parseRepositoryName('team/app') };
  return {
    ...{ id: parseUploadId(randomUUID()), address, principal: 'token:a', key: parseBlobKey(randomUUID()) },
    ...{ algorithm: 'sha256', offset: 0, reservedBytes: 0, tokenId: null },
    ...changes,
  };
}

async function newUpload(changes?: Partial<Upload>): Promise<Upload> {
  const upload = anUpload(changes);
  expect(await uploads.insert(db, { upload, at, writing: null, maxOpen: many })).toBe(true);
  return upload;
}

const writingOf = (upload: Upload, changes: Partial<UploadWriting> = {}): UploadWriting => ({
  ...{ upload, writer: randomUUID(), instance: 'registry-1', at, leaseUntil, tokenId: randomUUID() },
  ...changes,
});

const doomed = async (): Promise<string[]> =>
  (await db.query<{ key: string }>('select key from doomed_key')).map(({ key }) => key);

describe('uploads', () => {
  it('E1 E2 are found only by their repository and their principal', async () => {
    const upload = await newUpload();
    expect(await uploads.find(db, upload)).toEqual(upload);
    expect(await uploads.find(db, { ...upload, principal: 'token:b' })).toBeNull();
    const name = parseRepositoryName('team/other');
    expect(await uploads.find(db, { ...upload, address: { ...upload.address, name } })).toBeNull();
    expect(await uploads.find(db, { ...upload, address: anUpload().address })).toBeNull();
    expect(await uploads.find(db, { ...upload, id: parseUploadId('not-a-uuid') })).toBeNull();
  });

  it('E10 have one writer at a time, from the offset that it knows', async () => {
    const upload = await newUpload();
    expect(await uploads.beginWriting(db, writingOf({ ...upload, offset: 5 }))).toBeNull();
    const began = await Promise.all([1, 2, 3, 4].map(() => uploads.beginWriting(db, writingOf(upload))));
    const first = { key: upload.key, isTakenOver: false, reservedBytes: 0 };
    expect(began.filter((each) => each !== null)).toEqual([first]);
  });

  it('move on only by their own writer', async () => {
    const upload = await newUpload();
    const writing = writingOf(upload);
    const stranger = { upload, writer: randomUUID() };
    await uploads.beginWriting(db, writing);
    expect(await uploads.endWriting(db, stranger, { offset: 9, at })).toBe(false);
    expect(await uploads.renewLease(db, stranger, { at, until: later })).toBe(false);
    expect(await db.transaction((tx) => uploads.delete(tx, stranger))).toBeNull();
    expect(await db.transaction((tx) => uploads.discard(tx, stranger, at))).toBe(false);
    const move = { key: parseBlobKey(randomUUID()), at };
    expect(await db.transaction((tx) => uploads.moveTo(tx, stranger, move))).toBe(false);
    expect(await uploads.find(db, upload)).toEqual({ ...upload, tokenId: writing.tokenId });
    expect(await uploads.endWriting(db, writing, { offset: 7, at })).toBe(true);
    expect(await uploads.endWriting(db, writing, { offset: 8, at })).toBe(false);
    expect(await uploads.find(db, upload)).toMatchObject({ offset: 7 });
    expect(await doomed()).not.toContain(upload.key);
  });

  it('change hands only when the lease is over, and by one of many', async () => {
    const upload = await newUpload();
    const first = writingOf(upload);
    await uploads.beginWriting(db, first);
    expect(await uploads.beginWriting(db, writingOf(upload, { at: after(29_999) }))).toBeNull();
    await uploads.renewLease(db, first, { at: after(10_000), until: after(40_000) });
    expect(await uploads.beginWriting(db, writingOf(upload, { at: later }))).toBeNull();
    const late = { at: after(40_000), leaseUntil: after(70_000) };
    const began = await Promise.all([1, 2, 3, 4].map(() => uploads.beginWriting(db, writingOf(upload, late))));
    const next = { key: upload.key, isTakenOver: true, reservedBytes: 0 };
    expect(began.filter((each) => each !== null)).toEqual([next]);
    expect(await uploads.endWriting(db, first, { offset: 9, at })).toBe(false);
    expect(await db.transaction((tx) => uploads.delete(tx, first))).toBeNull();
  });

  it('change hands at once when their writer gave them up, or was of a process that is dead', async () => {
    const [abandoned, orphan, others] = [await newUpload(), await newUpload(), await newUpload()];
    const writing = writingOf(abandoned);
    await uploads.beginWriting(db, writing);
    await uploads.abandonWriting(db, writing, at);
    expect(await uploads.beginWriting(db, writingOf(abandoned))).toMatchObject({ isTakenOver: true });
    await uploads.beginWriting(db, writingOf(orphan, { instance: 'registry-dead' }));
    await uploads.beginWriting(db, writingOf(others, { instance: 'registry-alive' }));
    await uploads.abandonWrittenBy(db, 'registry-dead', at);
    expect(await uploads.beginWriting(db, writingOf(orphan))).toMatchObject({ isTakenOver: true });
    expect(await uploads.beginWriting(db, writingOf(others))).toBeNull();
  });

  it('doom the key that they leave, and the one that they end with', async () => {
    const upload = await newUpload();
    const writing = writingOf(upload);
    const begun = await uploads.beginWriting(db, writing);
    const key = parseBlobKey(randomUUID());
    expect(begun).toMatchObject({ key: upload.key });
    expect(await db.transaction((tx) => uploads.moveTo(tx, writing, { key, at }))).toBe(true);
    expect(await doomed()).toContain(upload.key);
    expect(await doomed()).not.toContain(key);
    await uploads.endWriting(db, writing, { offset: 0, at });
    // Whoever read the row before the move learns the key when it begins.
    expect(await uploads.beginWriting(db, writingOf(upload))).toMatchObject({ key, isTakenOver: false });
    expect(await db.transaction((tx) => uploads.cancel(tx, upload, at))).toBe(true);
    expect(await db.transaction((tx) => uploads.cancel(tx, upload, at))).toBe(false);
    expect(await doomed()).toContain(key);
  });

  it('E14 are counted by registry and principal', async () => {
    const upload = anUpload();
    const insert = (changes: Partial<Upload>) => {
      const next = anUpload({ address: upload.address, ...changes });
      return uploads.insert(db, { upload: next, at, writing: null, maxOpen: 2 });
    };
    expect([await insert({}), await insert({}), await insert({})]).toEqual([true, true, false]);
    expect(await insert({ principal: 'token:b' })).toBe(true);
    expect(await insert({ address: anUpload().address })).toBe(true);
  });

  it('are given up when nobody goes on with them and nobody is writing', async () => {
    await db.query('delete from upload');
    const [idle, busy, young] = [await newUpload(), await newUpload(), anUpload()];
    const now = after(86_400_000);
    await uploads.insert(db, { upload: young, at: after(1), writing: null, maxOpen: many });
    await uploads.beginWriting(db, writingOf(busy, { leaseUntil: after(86_400_001) }));
    const giveUp = (limit: number, atMs = now) =>
      db.transaction((tx) => uploads.giveUp(tx, { abandonedBefore: after(1), at: atMs, limit }));
    expect(await giveUp(10)).toBe(1);
    expect(await doomed()).toContain(idle.key);
    expect(await giveUp(10, after(86_400_001))).toBe(1);
    expect(await uploads.find(db, young)).not.toBeNull();
    expect(await giveUp(10)).toBe(0);
  });

  it('are given up beside a transaction that holds one, without waiting for it', async () => {
    await db.query('delete from upload');
    const held = await newUpload();
    await newUpload();
    const idle = { abandonedBefore: after(1), at: later, limit: 10 };
    await db.transaction(async (tx) => {
      await tx.query('select 1 from upload where id = $1 for update', [held.id]);
      expect(await db.transaction((other) => uploads.giveUp(other, idle))).toBe(1);
    });
    expect(await db.transaction((tx) => uploads.giveUp(tx, idle))).toBe(1);
  });
});
