import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, imageOf, pullFrom, pushImage, putManifest } from '../sample-content.suite.js';

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

const remove = (name: string, reference: string) =>
  registry.ask('DELETE', `/v2/${name}/manifests/${reference}`, deleteFrom(name));

const statusOf = async (from: TestRegistry, name: string, reference: string) =>
  (await from.ask('GET', `/v2/${name}/manifests/${reference}`, pullFrom(name))).status;

describe('OCI 1.1 Deleting tags', () => {
  it('takes the tag away at once on every replica, the manifest stays', async () => {
    const { digest } = await pushImage(registry, 'untag/app', { tag: 'v1', text: 'untagged' });
    expect(await statusOf(replica, 'untag/app', 'v1')).toBe(200);
    const answer = await remove('untag/app', 'v1');
    expect([answer.status, await answer.text()]).toEqual([202, '']);
    expect(await statusOf(replica, 'untag/app', 'v1')).toBe(404);
    expect(await statusOf(registry, 'untag/app', 'v1')).toBe(404);
    expect(await statusOf(replica, 'untag/app', digest)).toBe(200);
  });

  it('answers 404 for a tag that is gone, and for a repository that never was', async () => {
    await pushImage(registry, 'untag/twice', { tag: 'v1', text: 'twice' });
    await remove('untag/twice', 'v1');
    const again = await remove('untag/twice', 'v1');
    expect([again.status, await codeOf(again)]).toEqual([404, 'MANIFEST_UNKNOWN']);
    const nowhere = await remove('untag/nowhere', 'v1');
    expect([nowhere.status, await codeOf(nowhere)]).toEqual([404, 'NAME_UNKNOWN']);
  });
});

describe('OCI 1.1 Deleting Manifests', () => {
  it('removes the manifest and every tag that points at it, at once on every replica', async () => {
    const { digest, manifest } = await pushImage(registry, 'gone/app', { tag: 'v1', text: 'gone' });
    await putManifest(registry, '/v2/gone/app/manifests/v2', manifest);
    for (const reference of ['v1', 'v2', digest]) expect(await statusOf(replica, 'gone/app', reference)).toBe(200);
    expect((await remove('gone/app', digest)).status).toBe(202);
    for (const reference of ['v1', 'v2', digest]) expect(await statusOf(replica, 'gone/app', reference)).toBe(404);
    expect((await remove('gone/app', digest)).status).toBe(404);
  });

  it('closes the layers that nothing else names to who did not bring them, and keeps the others open', async () => {
    const first = await pushImage(registry, 'gone/layers', { tag: 'v1', text: 'only in v1' });
    const second = await pushImage(registry, 'gone/layers', { tag: 'v2', text: 'only in v2' });
    await remove('gone/layers', first.digest);
    const stranger = { token: place.identity.token({ 'gone/layers': ['pull'] }, { sub: 'user:somebody-else' }) };
    const closed = await registry.ask('GET', `/v2/gone/layers/blobs/${first.layer}`, stranger);
    expect([closed.status, await codeOf(closed)]).toEqual([403, 'DENIED']);
    expect(registry.spooled().at(-1)).toMatchObject({
      ...{ event: 'refused', reason: 'not-referred-to', action: 'content/read', actor: { id: 'user:somebody-else' } },
      target: { repository: 'gone/layers' },
    });
    expect((await registry.ask('GET', `/v2/gone/layers/blobs/${second.layer}`, stranger)).status).toBe(200);
  });

  it('leaves an index that lists it readable (F22)', async () => {
    const { digest } = await pushImage(registry, 'gone/index', { tag: 'v1', text: 'child' });
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const child = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size: imageOf(Buffer.from('child')).length,
    };
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [child] }));
    expect((await putManifest(registry, '/v2/gone/index/manifests/all', index, mediaType)).status).toBe(201);
    expect((await remove('gone/index', digest)).status).toBe(202);
    expect(await statusOf(replica, 'gone/index', 'all')).toBe(200);
    expect(await statusOf(replica, 'gone/index', digest)).toBe(404);
  });

  it('is in the audit log with its digest, once for each tag', async () => {
    const { digest, manifest } = await pushImage(registry, 'gone/told', { tag: 'v1', text: 'told' });
    await putManifest(registry, '/v2/gone/told/manifests/v2', manifest);
    await remove('gone/told', digest);
    const entries = (await registry.recorded()).filter(({ event }) => event === 'manifest-deleted');
    const told = entries.filter(({ target }) => target.repository === 'gone/told');
    expect(told.map(({ target }) => [target.tag, target.digest])).toEqual([
      ['v1', digest],
      ['v2', digest],
    ]);
    expect(told[0]).toMatchObject({ action: 'content/delete', outcome: 'allowed' });
  });
});

describe('who may delete', () => {
  it('D12 not who may only push: 401 that names the missing action', async () => {
    const { digest, layer } = await pushImage(registry, 'kept/app', { tag: 'v1', text: 'kept' });
    for (const path of [`manifests/v1`, `manifests/${digest}`, `blobs/${layer}`]) {
      const access = { 'kept/app': ['pull', 'push'] };
      const answer = await registry.ask('DELETE', `/v2/kept/app/${path}`, { access });
      expect(answer.status, path).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('scope="repository:kept/app:delete"');
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    }
    expect(await statusOf(registry, 'kept/app', 'v1')).toBe(200);
  });

  it('nobody, by any route, where deletes are off (D14): 405', async () => {
    const { digest, layer } = await pushImage(registry, 'kept/always', { tag: 'v1', text: 'always' });
    const strict = await TestRegistry.start(place, { instance: 'registry-3', settings: { BERTH_DELETES: 'off' } });
    for (const path of [`manifests/v1`, `manifests/${digest}`, `blobs/${layer}`]) {
      const answer = await strict.ask('DELETE', `/v2/kept/always/${path}`, deleteFrom('kept/always'));
      expect([answer.status, await codeOf(answer)], path).toEqual([405, 'UNSUPPORTED']);
    }
    await strict.stop();
    expect(await statusOf(registry, 'kept/always', 'v1')).toBe(200);
  });
});
