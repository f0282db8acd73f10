import { installation, type ManagementClaims, type RoleAssignmentDefinition } from '@berth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { pushBlob, pushImage } from '../sample-content.suite.js';
import { limitStorage } from '../storage-quota.suite.js';

const { accountId: account, registryId } = installation;
const path = '/api/v1/registries/local/usage';
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const ask = (suffix = '', changes: Partial<ManagementClaims> = {}) =>
  registry.ask('GET', `${path}${suffix}`, { token: place.identity.managementToken(changes) });

let version = 1;
async function assign(assignment: Partial<RoleAssignmentDefinition>): Promise<void> {
  version += 1;
  await registry.define({
    ...{ kind: 'role-assignment', id: '01900000-0000-7000-8000-00000000aaae', account, version },
    ...{ status: 'active', changedAt: '2026-01-01T00:00:00.000Z', principal: 'user:ada', role: 'Reader' },
    scope: { kind: 'registry', registryId },
    ...assignment,
  });
}

describe('GET /api/v1/registries/{r}/usage', () => {
  it('is for who may read the quota of the registry, and says nothing to others', async () => {
    expect((await ask()).status).toBe(403);
    expect(registry.spooled().at(-1)).toMatchObject({ event: 'refused', action: 'quota/read', target: { registryId } });
    await assign({ scope: { kind: 'namespace', registryId, namespace: 'team' } });
    expect((await ask()).status).toBe(403);
    await assign({});
    expect((await ask()).status).toBe(200);
    const elsewhere = await registry.ask('GET', '/api/v1/registries/none/usage', {
      token: place.identity.managementToken(),
    });
    expect(elsewhere.status).toBe(403);
  });

  it('E12 says what registry and namespaces hold and may hold, those with most first', async () => {
    await assign({});
    expect(await (await ask()).json()).toEqual({
      storage: { usedBytes: 0, reservedBytes: 0, limitBytes: null },
      namespaces: [],
    });
    await pushBlob(registry, 'team/app', Buffer.alloc(100));
    await pushBlob(registry, 'team/two', Buffer.alloc(100));
    await pushBlob(registry, 'other', Buffer.alloc(100));
    await pushBlob(registry, 'other', Buffer.alloc(50));
    await limitStorage(registry, { registry: 1000, namespaces: { team: 500, empty: 7 } });
    const nothing = { reservedBytes: 0 };
    expect(await (await ask()).json()).toEqual({
      storage: { usedBytes: 150, ...nothing, limitBytes: 1000 },
      namespaces: [
        { name: 'other', usedBytes: 150, ...nothing, limitBytes: null },
        { name: 'team', usedBytes: 100, ...nothing, limitBytes: 500 },
        { name: 'empty', usedBytes: 0, ...nothing, limitBytes: 7 },
      ],
    });
  });
});

describe('GET /api/v1/registries/{r}/usage/repositories', () => {
  it('says what each repository holds of which the caller may read the metadata, page by page', async () => {
    await limitStorage(registry, {});
    const { manifest } = await pushImage(registry, 'zoo/app', { tag: 'v1', text: 'x'.repeat(1000) });
    const { items: all } = (await (await ask('/repositories')).json()) as { items: object[] };
    const config = 78;
    expect(all).toEqual([
      { name: 'other', usedBytes: 150 },
      { name: 'team/app', usedBytes: 100 },
      { name: 'team/two', usedBytes: 100 },
      { name: 'zoo/app', usedBytes: 1000 + config + manifest.length },
    ]);
    await assign({ role: 'AcrPull', scope: { kind: 'namespace', registryId, namespace: 'team' } });
    const first = (await (await ask('/repositories?limit=1')).json()) as { items: object[]; next: string };
    expect(first.items).toEqual([{ name: 'team/app', usedBytes: 100 }]);
    const second = await (await ask(`/repositories?limit=1&after=${first.next}`)).json();
    expect(second).toEqual({ items: [{ name: 'team/two', usedBytes: 100 }], next: null });
    expect(await (await ask('/repositories', { sub: 'user:eve', ver: { 'user:eve': 1 } })).json()).toEqual({
      items: [],
      next: null,
    });
  });
});
