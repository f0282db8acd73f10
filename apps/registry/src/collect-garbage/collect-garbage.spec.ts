import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readInternalKeys } from '@berth/config';
import { internalHeader } from '@berth/http';
import type { Digest } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setQuarantine } from '../quarantine.suite.js';
import type { TestRegistry } from '../registry.suite.js';
import { pullFrom, pushBlob, pushImage, pushTo } from '../sample-content.suite.js';
import { RepositoryStore } from '../repository.js';
import {
  addressOf,
  collectAll,
  collectorOf,
  countOf,
  keyOf,
  makeDue,
  startTwo,
  storedKeys,
  type TwoReplicas,
} from './garbage.suite.js';

let replicas: TwoReplicas;
let one: TestRegistry;
let two: TestRegistry;

beforeAll(async () => {
  replicas = await startTwo();
  ({ one, two } = replicas);
});

afterAll(() => replicas.stop());

const remove = (name: string, path: string) =>
  one.ask('DELETE', `/v2/${name}/${path}`, { access: { [name]: ['delete'] } });
const blobStatus = async (from: TestRegistry, name: string, digest: Digest) =>
  (await from.ask('GET', `/v2/${name}/blobs/${digest}`, pullFrom(name))).status;

describe('a round', () => {
  it('takes nothing before it is due, then the link, and later the blob with its bytes', async () => {
    const digest = await pushBlob(one, 'gc/unused', randomBytes(100));
    const key = await keyOf(one, digest);
    await collectorOf(one).round();
    expect(await blobStatus(two, 'gc/unused', digest)).toBe(200);
    await makeDue(one);
    expect(await collectorOf(one).round()).toMatchObject({ links: 1, blobs: 0 });
    for (const each of [one, two]) expect(await blobStatus(each, 'gc/unused', digest)).toBe(404);
    // Replicas that remember something of the repository look again.
    expect(await countOf(one, 'repository', `name = 'gc/unused' and version = 1`)).toBe(1);
    expect(storedKeys(replicas.place)).toContain(key);
    await makeDue(one);
    expect(await collectorOf(two).round()).toMatchObject({ links: 0, blobs: 1, bytes: 100 });
    expect(await keyOf(one, digest)).toBeNull();
    expect(storedKeys(replicas.place)).not.toContain(key);
  });

  it('keeps what a manifest of the repository refers to, whatever happens to its tag', async () => {
    const { digest, layer } = await pushImage(one, 'gc/kept', { tag: 'v1', text: 'kept' });
    const holders = () => countOf(one, 'blob_holder', `digest = '${layer}'`);
    expect(await holders()).toBe(1);
    await collectAll(one);
    expect([await countOf(one, 'link_review'), await holders()]).toEqual([0, 0]);
    expect(await blobStatus(one, 'gc/kept', layer)).toBe(200);
    expect((await remove('gc/kept', 'manifests/v1')).status).toBe(202);
    await collectAll(one);
    expect(await blobStatus(two, 'gc/kept', layer)).toBe(200);
    expect((await remove('gc/kept', `manifests/${digest}`)).status).toBe(202);
    await collectAll(one);
    expect([await blobStatus(two, 'gc/kept', layer), await keyOf(one, layer)]).toEqual([404, null]);
  });

  it('keeps what a manifest in quarantine refers to, and what was decided about it for as long as its repository', async () => {
    await setQuarantine(one, { isOn: true });
    const { digest, layer } = await pushImage(one, 'gc/closed', { tag: 'v1', text: 'closed' });
    await setQuarantine(one, { isOn: false });
    await collectAll(one);
    expect(await blobStatus(two, 'gc/closed', layer)).toBe(403);
    expect((await remove('gc/closed', `manifests/${digest}`)).status).toBe(202);
    await collectAll(one);
    expect([await keyOf(one, layer), await countOf(one, 'quarantine')]).toEqual([null, 1]);
    await one.db.query(`update repository set name = null, detached_at = now() where name = 'gc/closed'`);
    await collectAll(one);
    expect([await countOf(one, 'quarantine'), await countOf(one, 'repository', 'name is null')]).toEqual([0, 0]);
  });

  it('moves the review on with every answer that says a blob exists', async () => {
    const digest = await pushBlob(one, 'gc/promised', randomBytes(100));
    await makeDue(one);
    const head = await two.ask('HEAD', `/v2/gc/promised/blobs/${digest}`, pushTo('gc/promised'));
    expect(head.status).toBe(200);
    expect(await collectorOf(one).round()).toMatchObject({ links: 0 });
    expect(await blobStatus(one, 'gc/promised', digest)).toBe(200);
  });

  it('D6 takes the bytes only when no repository links them, and A stays without them for ever', async () => {
    await pushImage(one, 'gc/a', { tag: 'v1', text: 'in both' });
    const { layer } = await pushImage(one, 'gc/b', { tag: 'v1', text: 'in both' });
    expect((await remove('gc/a', `blobs/${layer}`)).status).toBe(202);
    await collectAll(one);
    for (const each of [one, two]) {
      expect(await blobStatus(each, 'gc/b', layer)).toBe(200);
      expect(await blobStatus(each, 'gc/a', layer)).toBe(404);
    }
  });

  it('removes the bytes of an upload that found the blob there, and of nothing else', async () => {
    const bytes = randomBytes(100);
    const digest = await pushBlob(one, 'gc/twice', bytes);
    const key = await keyOf(one, digest);
    const before = storedKeys(replicas.place).length;
    await pushBlob(two, 'gc/twice', bytes);
    expect(storedKeys(replicas.place)).toHaveLength(before + 1);
    expect(await collectorOf(one).round()).toMatchObject({ keys: 1 });
    expect(storedKeys(replicas.place)).toContain(key);
    expect(await countOf(one, 'doomed_key')).toBe(0);
    expect(await blobStatus(one, 'gc/twice', digest)).toBe(200);
  });
});

describe('a repository that was deleted by its name', () => {
  it('is emptied, while the one that took its name stays whole', async () => {
    const { layer } = await pushImage(one, 'gc/old', { tag: 'v1', text: 'of the old one' });
    // So long ago that every token of that time is dead.
    const deletion = { address: addressOf('gc/old'), version: 1, at: new Date(Date.now() - 2 * 3_600_000) };
    await one.db.transaction((tx) => one.app.get(RepositoryStore, { strict: false }).detach(tx, deletion));
    expect((await two.ask('GET', '/v2/gc/old/manifests/v1', pullFrom('gc/old'))).status).toBe(404);
    const fresh = await pushImage(one, 'gc/old', { tag: 'v1', text: 'of the new one' });
    // One tag, two references, one manifest, two links, and the repository.
    expect(await collectorOf(two).round()).toMatchObject({ rows: 7 });
    expect(await countOf(one, 'repository', 'detached_at is not null')).toBe(0);
    expect(await collectorOf(two).round()).toMatchObject({ rows: 0 });
    await collectAll(two);
    expect(await keyOf(one, layer)).toBeNull();
    expect((await two.ask('GET', '/v2/gc/old/manifests/v1', pullFrom('gc/old'))).status).toBe(200);
    expect(await blobStatus(two, 'gc/old', fresh.layer)).toBe(200);
  });

  it('is remembered for a day', async () => {
    await one.db.query(`update repository_deletion set deleted_at = now() - interval '23 hours'`);
    await collectorOf(one).round();
    expect(await countOf(one, 'repository_deletion')).toBe(1);
    await one.db.query(`update repository_deletion set deleted_at = now() - interval '25 hours'`);
    await collectorOf(one).round();
    expect(await countOf(one, 'repository_deletion')).toBe(0);
  });
});

describe('a dry run', () => {
  it('says what a round takes, and takes nothing', async () => {
    await collectAll(one);
    const digests = [await pushBlob(one, 'gc/dry', randomBytes(10)), await pushBlob(one, 'gc/dry', randomBytes(20))];
    expect(await collectorOf(one).estimate()).toMatchObject({ links: 0, blobs: 0 });
    await makeDue(one);
    expect(await collectorOf(one).estimate()).toMatchObject({ links: 2, blobs: 0, bytes: 0 });
    await collectorOf(one).round();
    await makeDue(one);
    const estimate = { links: 0, blobs: 2, bytes: 30, digests: digests.sort(), keys: 0, repositories: 0 };
    expect(await collectorOf(one).estimate()).toEqual(estimate);
    expect(await collectorOf(one).round()).toMatchObject({ blobs: 2, bytes: 30 });
  });

  it('is asked by other services only', async () => {
    const path = '/internal/garbage-collections?dry-run=true';
    expect((await one.ask('POST', path, { token: null })).status).toBe(404);
    const [key] = readInternalKeys(join(replicas.place.dataDir, 'internal-key'));
    const internal = { token: null, headers: { [internalHeader]: key } };
    const asked = await one.ask('POST', path, internal);
    expect([asked.status, await asked.json()]).toMatchObject([200, { kind: 'estimated', digests: [] }]);
    const run = await one.ask('POST', '/internal/garbage-collections', internal);
    expect([run.status, await run.json()]).toMatchObject([200, { kind: 'collected', blobs: 0 }]);
  });
});
