import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, pullFrom, pushBlob, pushImage } from '../sample-content.suite.js';

const deleteFrom = (name: string) => ({ access: { [name]: ['delete'] } });
let place: TestPlace;
let registry: TestRegistry;
let replica: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  replica = await TestRegistry.start(place, { instance: 'registry-2' });
});

afterAll(async () => {
  await registry.stop();
  await replica.stop();
  await place.remove();
});

const remove = (name: string, digest: string) =>
  registry.ask('DELETE', `/v2/${name}/blobs/${digest}`, deleteFrom(name));
const statusOf = async (from: TestRegistry, name: string, digest: string) =>
  (await from.ask('GET', `/v2/${name}/blobs/${digest}`, pullFrom(name))).status;

describe('OCI 1.1 Deleting Blobs', () => {
  it('takes the blob out of the repository, at once on every replica; again is 404', async () => {
    const digest = await pushBlob(registry, 'team/app', randomBytes(100));
    expect(await statusOf(replica, 'team/app', digest)).toBe(200);
    const answer = await remove('team/app', digest);
    expect([answer.status, await answer.text()]).toEqual([202, '']);
    expect(await statusOf(registry, 'team/app', digest)).toBe(404);
    expect(await statusOf(replica, 'team/app', digest)).toBe(404);
    const again = await remove('team/app', digest);
    expect([again.status, await codeOf(again)]).toEqual([404, 'BLOB_UNKNOWN']);
  });

  it('D6 in A leaves it in B, and reading it in B never brings it back in A', async () => {
    const bytes = randomBytes(100);
    const digest = await pushBlob(registry, 'team/a', bytes);
    await pushBlob(registry, 'team/b', bytes);
    for (const each of [registry, replica]) expect(await statusOf(each, 'team/a', digest)).toBe(200);
    await remove('team/a', digest);
    for (const each of [registry, replica]) {
      expect(await statusOf(each, 'team/b', digest)).toBe(200);
      expect(await statusOf(each, 'team/a', digest)).toBe(404);
    }
  });

  it('of a blob that a manifest names lets it be brought again, and then it is open as before', async () => {
    const { layer } = await pushImage(registry, 'team/again', { tag: 'v1', text: 'again' });
    await remove('team/again', layer);
    expect(await statusOf(replica, 'team/again', layer)).toBe(404);
    await pushBlob(registry, 'team/again', Buffer.from('again'));
    const stranger = { token: place.identity.token({ 'team/again': ['pull'] }, { sub: 'user:somebody-else' }) };
    expect((await replica.ask('GET', `/v2/team/again/blobs/${layer}`, stranger)).status).toBe(200);
  });

  it('is in the audit log', async () => {
    const digest = await pushBlob(registry, 'team/told', randomBytes(10));
    await remove('team/told', digest);
    const entries = (await registry.recorded()).filter(({ event }) => event === 'blob-deleted');
    expect(entries.at(-1)).toMatchObject({ action: 'content/delete', target: { repository: 'team/told', digest } });
  });
});
