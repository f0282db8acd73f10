import { randomBytes } from 'node:crypto';
import { digestOf, parseManifest, parseRepositoryName, type Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ContentStores } from '../content-stores.js';
import { GarbageStore } from '../garbage.js';
import { namedBlobs } from '../manifest.js';
import { assignRole } from '../quarantine.suite.js';
import type { TestRegistry } from '../registry.suite.js';
import type { Repository } from '../repository.js';
import {
  imageOf,
  imageType,
  pullFrom,
  pushBlob,
  pushConfig,
  pushImage,
  pushTo,
  putManifest,
} from '../sample-content.suite.js';
import {
  addressOf,
  collectAll,
  collectorOf,
  countOf,
  keyOf,
  makeDue,
  startTwo,
  storedKeys,
  untilSomebodyWaits,
  watchStatements,
  type TwoReplicas,
} from './garbage.suite.js';

let replicas: TwoReplicas;
let one: TestRegistry;
let two: TestRegistry;
let stores: ContentStores;

beforeAll(async () => {
  replicas = await startTwo();
  ({ one, two } = replicas);
  stores = one.app.get(ContentStores, { strict: false });
});

afterAll(() => replicas.stop());
beforeEach(() => collectAll(one));

const now = () => ({ at: new Date(), limit: 100, reviewAfter: new Date(Date.now() + 60_000) });
const garbage = () => one.app.get(GarbageStore, { strict: false });
const blobStatus = async (name: string, digest: Digest) =>
  (await two.ask('GET', `/v2/${name}/blobs/${digest}`, pullFrom(name))).status;

const pusher = 'token:01900000-0000-7000-8000-00000000aaaa';

async function repositoryOf(tx: Transaction, name: string): Promise<Repository> {
  const found = await stores.repositories.find(tx, addressOf(parseRepositoryName(name)));
  if (found === null) throw new Error('no such repository');
  return found;
}

/** A push's transaction up to its last statement, as PushManifest does it. */
async function pushIn(tx: Transaction, name: string, content: Buffer): Promise<void> {
  const repository = await repositoryOf(tx, name);
  const manifest = parseManifest({ bytes: content, contentType: imageType });
  const digests = namedBlobs(manifest).map(({ digest }) => digest);
  const about = { principal: pusher, at: new Date() };
  const named = await stores.blobs.namedIn(tx, repository, { manifest: digestOf(content), digests, ...about });
  expect(named.size).toBe(digests.length);
  const pushed = { digest: digestOf(content), manifest, content, depth: 0, blobs: new Set(digests), ...about };
  await stores.manifests.insert(tx, repository, pushed);
  await stores.blobs.release(tx, repository, digests);
}

describe('a push that is under way', () => {
  it('keeps its layers: the collector goes by without waiting, and sees the manifest the next time', async () => {
    const layer = randomBytes(50);
    await pushConfig(one, 'race/push');
    const digest = await pushBlob(one, 'race/push', layer);
    await makeDue(one);
    await one.db.transaction(async (tx) => {
      await pushIn(tx, 'race/push', imageOf(layer));
      expect(await collectorOf(two).round()).toMatchObject({ links: 0 });
    });
    expect(await countOf(one, 'link_review')).toBe(2);
    expect(await collectorOf(two).round()).toMatchObject({ links: 0 });
    expect(await countOf(one, 'link_review')).toBe(0);
    expect(await blobStatus('race/push', digest)).toBe(200);
  });

  it('keeps its layers also when it commits while the collector is about to take them', async () => {
    const layer = randomBytes(50);
    await pushConfig(one, 'race/between');
    const digest = await pushBlob(one, 'race/between', layer);
    await makeDue(one);
    watchStatements(one, async (sql) => {
      if (!sql.includes('for no key update of r')) return;
      expect((await putManifest(two, '/v2/race/between/manifests/v1', imageOf(layer))).status).toBe(201);
    });
    expect(await collectorOf(one).round()).toMatchObject({ links: 0 });
    vi.restoreAllMocks();
    expect(await blobStatus('race/between', digest)).toBe(200);
  });

  it('is waited for by who closes another manifest of its layers, which stay open', async () => {
    const { digest, manifest, layer } = await pushImage(one, 'race/closed', { tag: 'v1', text: 'closed' });
    await assignRole(two, 'AcrQuarantineWriter', 'service:scanner');
    const token = replicas.place.identity.managementToken({ sub: 'service:scanner', ver: { 'service:scanner': 1 } });
    const path = `/api/v1/registries/local/repositories/race%2Fclosed/manifests/${digest}`;
    const closed = await one.db.transaction(async (tx) => {
      await pushIn(tx, 'race/closed', Buffer.concat([manifest, Buffer.from(' ')]));
      const headers = { 'content-type': 'application/json' };
      const answer = two.ask('PATCH', path, { token, headers, body: '{"quarantineState":"Failed"}' });
      await untilSomebodyWaits(one);
      return { answer };
    });
    expect((await closed.answer).status).toBe(200);
    expect(await blobStatus('race/closed', layer)).toBe(200);
  });

  it('waits for a collector that has the layer, and is told that the layer is unknown', async () => {
    const layer = randomBytes(50);
    await pushConfig(one, 'race/late');
    await pushBlob(one, 'race/late', layer);
    await makeDue(one);
    const path = '/v2/race/late/manifests/v1';
    const push = await one.db.transaction(async (tx) => {
      expect(await garbage().reviewLinks(tx, now())).toMatchObject({ removed: 2 });
      const headers = { 'content-type': imageType };
      const answer = two.ask('PUT', path, { ...pushTo('race/late'), body: imageOf(layer), headers });
      await untilSomebodyWaits(one);
      return { answer };
    });
    const answer = await push.answer;
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('MANIFEST_BLOB_UNKNOWN')]);
  });

  it('leaves its layers open although the other manifest that named them is deleted meanwhile', async () => {
    const first = await pushImage(one, 'race/shared', { tag: 'v1', text: 'shared' });
    const second = Buffer.from(first.manifest.toString().replace('{', '{ '));
    const deletion = await one.db.transaction(async (tx) => {
      await pushIn(tx, 'race/shared', second);
      const access = { access: { 'race/shared': ['delete'] } };
      const answer = two.ask('DELETE', `/v2/race/shared/manifests/${first.digest}`, access);
      await untilSomebodyWaits(one);
      return { answer };
    });
    expect((await deletion.answer).status).toBe(202);
    const stranger = { token: replicas.place.identity.token({ 'race/shared': ['pull'] }, { sub: 'user:stranger' }) };
    expect((await two.ask('GET', `/v2/race/shared/blobs/${first.layer}`, stranger)).status).toBe(200);
  });

  it('of a manifest that is being deleted comes first: each takes its locks in the same order', async () => {
    const { digest, layer, manifest } = await pushImage(one, 'race/again', { tag: 'v1', text: 'again' });
    const deletion = await one.db.transaction(async (tx) => {
      const held = { manifest: digest, digests: [layer], principal: pusher, at: new Date() };
      await stores.blobs.namedIn(tx, await repositoryOf(tx, 'race/again'), held);
      const access = { access: { 'race/again': ['delete'] } };
      const answer = two.ask('DELETE', `/v2/race/again/manifests/${digest}`, access);
      await untilSomebodyWaits(one);
      await pushIn(tx, 'race/again', manifest);
      return { answer };
    });
    expect((await deletion.answer).status).toBe(202);
  });
});

describe('an upload', () => {
  it('of a blob that is being marked brings its own bytes, and the row is never deleted then', async () => {
    const bytes = randomBytes(50);
    const digest = await pushBlob(one, 'race/marked', bytes);
    const oldKey = await keyOf(one, digest);
    await makeDue(one);
    await collectorOf(one).round();
    await makeDue(one);
    const { marked, upload } = await one.db.transaction(async (tx) => {
      await tx.query(`select 1 from blob where digest = $1 for update`, [digest]);
      const upload = pushBlob(two, 'race/marked', bytes);
      await untilSomebodyWaits(one);
      const { marked } = await garbage().markBlobs(tx, now());
      return { marked, upload };
    });
    expect(marked).toEqual([oldKey]);
    await upload;
    expect(await keyOf(one, digest)).not.toBe(oldKey);
    expect(await one.db.transaction((tx) => garbage().removeMarked(tx, marked))).toEqual({ count: 0, bytes: 0 });
    await collectorOf(one).round();
    expect(storedKeys(replicas.place)).not.toContain(oldKey);
    expect(await blobStatus('race/marked', digest)).toBe(200);
  });

  it('does not wait for another one that met the same mark', async () => {
    const bytes = randomBytes(50);
    const digest = await pushBlob(one, 'race/both', bytes);
    await makeDue(one);
    await collectorOf(one).round();
    await makeDue(one);
    const { uploads } = await one.db.transaction(async (tx) => {
      await tx.query(`select 1 from blob where digest = $1 for update`, [digest]);
      const uploads = [pushBlob(one, 'race/both', bytes), pushBlob(two, 'race/other', bytes)];
      await untilSomebodyWaits(one, 2);
      await garbage().markBlobs(tx, now());
      return { uploads };
    });
    await Promise.all(uploads);
    for (const name of ['race/both', 'race/other']) expect(await blobStatus(name, digest)).toBe(200);
  });

  it('of a blob whose row is being deleted makes another', async () => {
    const bytes = randomBytes(50);
    const digest = await pushBlob(one, 'race/going', bytes);
    await makeDue(one);
    await collectorOf(one).round();
    await makeDue(one);
    const { marked } = await one.db.transaction((tx) => garbage().markBlobs(tx, now()));
    const { upload } = await one.db.transaction(async (tx) => {
      await tx.query(`select 1 from blob where digest = $1 for update`, [digest]);
      const upload = pushBlob(two, 'race/going', bytes);
      await untilSomebodyWaits(one);
      expect(await garbage().removeMarked(tx, marked)).toEqual({ count: 1, bytes: 50 });
      return { upload };
    });
    await upload;
    expect(await blobStatus('race/going', digest)).toBe(200);
  });

  it('of a blob that is being taken out of the repository links it again', async () => {
    const bytes = randomBytes(50);
    const digest = await pushBlob(one, 'race/unlinked', bytes);
    const { upload } = await one.db.transaction(async (tx) => {
      const repository = await repositoryOf(tx, 'race/unlinked');
      await tx.query(`select 1 from blob where digest = $1 for update`, [digest]);
      const upload = pushBlob(two, 'race/unlinked', bytes);
      await untilSomebodyWaits(one);
      await stores.blobs.unlink(tx, repository, { digest, reviewAfter: new Date() });
      return { upload };
    });
    await upload;
    expect(await blobStatus('race/unlinked', digest)).toBe(200);
  });
});

describe('an answer that a blob exists', () => {
  it('is never given of a link that is being removed', async () => {
    const digest = await pushBlob(one, 'race/head', randomBytes(50));
    await makeDue(one);
    const { head } = await one.db.transaction(async (tx) => {
      expect(await garbage().reviewLinks(tx, now())).toMatchObject({ removed: 1 });
      const head = two.ask('HEAD', `/v2/race/head/blobs/${digest}`, pushTo('race/head'));
      await untilSomebodyWaits(one);
      return { head };
    });
    expect((await head).status).toBe(404);
  });
});

describe('a delete of a blob', () => {
  it('waits for a collector that reviews its link: both take the locks of its holders behind that of its review', async () => {
    const digest = await pushBlob(one, 'race/reviewed', randomBytes(50));
    const access = { 'race/reviewed': ['delete'] };
    const { deleted } = await one.db.transaction(async (tx) => {
      await tx.query(`select 1 from link_review where digest = $1 for update`, [digest]);
      const deleted = two.ask('DELETE', `/v2/race/reviewed/blobs/${digest}`, { access });
      await untilSomebodyWaits(one);
      await tx.query(`delete from blob_holder where digest = $1`, [digest]);
      return { deleted };
    });
    expect((await deleted).status).toBe(202);
  });
});

describe('a delete of the last link', () => {
  it('that is under way leaves a review behind, although the collector still sees the link', async () => {
    const bytes = randomBytes(50);
    const digest = await pushBlob(one, 'race/first', bytes);
    await pushBlob(one, 'race/second', bytes);
    await one.ask('DELETE', `/v2/race/first/blobs/${digest}`, { access: { 'race/first': ['delete'] } });
    await makeDue(one);
    await one.db.transaction(async (tx) => {
      const repository = await repositoryOf(tx, 'race/second');
      await stores.blobs.unlink(tx, repository, { digest, reviewAfter: new Date() });
      await collectorOf(two).round();
    });
    await collectAll(two);
    expect(await keyOf(one, digest)).toBeNull();
  });
});
