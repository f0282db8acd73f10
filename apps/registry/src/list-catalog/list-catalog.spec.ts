import { installation, type AccessClaims } from '@berth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, pullFrom, pushBlob } from '../sample-content.suite.js';

const scopeMapId = '01900000-0000-7000-8000-00000000cccc';
const changedAt = '2026-01-01T00:00:00.000Z';
const common = { account: installation.accountId, version: 1, status: 'active', changedAt } as const;
const names = ['alpha', 'team', 'team/app', 'team/sub/app', 'team-evil/app', 'zebra'];
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  await registry.define({
    ...{ kind: 'scope-map', id: scopeMapId, account: installation.accountId, registryId: installation.registryId },
    ...{ name: 'readers', version: 1, status: 'active', changedAt: '2026-01-01T00:00:00.000Z' },
    description: null,
    actions: [
      'repositories/team/*/metadata/read',
      'repositories/zebra/metadata/read',
      'repositories/alpha/content/read',
    ],
  });
  for (const name of names) await pushBlob(registry, name, Buffer.from(name));
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const catalog = { access: [{ type: 'registry', name: 'catalog', actions: ['*'], inc: 0 }] } as const;

function listing(changes: Partial<AccessClaims>): { token: string } {
  const access: AccessClaims['access'] = [{ ...catalog.access[0], actions: ['*'] }];
  return { token: place.identity.token({}, { access, ...changes }) };
}

const byScopeMap = () => listing({ scopeMap: scopeMapId });
const list = async (query: string, by: { token: string }) => registry.ask('GET', `/v2/_catalog${query}`, by);

describe('Docker registry HTTP API Listing Repositories', () => {
  it('B12 answers the repositories with metadata/read and no others, in bytewise order', async () => {
    const answer = await list('', byScopeMap());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await answer.json()).toEqual({ repositories: ['team/app', 'team/sub/app', 'zebra'] });
  });

  it('D9 answers an empty list to who may see nothing, and pages that a client follows to the end', async () => {
    expect(await (await list('', listing({ groups: [] }))).json()).toEqual({ repositories: [] });
    const seen: string[] = [];
    let path: string | null = '/v2/_catalog?n=1';
    for (let pages = 0; path !== null; pages++) {
      expect(pages).toBeLessThan(4);
      const answer = await registry.ask('GET', path, byScopeMap());
      seen.push(...((await answer.json()) as { repositories: string[] }).repositories);
      path = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(seen).toEqual(['team/app', 'team/sub/app', 'zebra']);
  });

  it('D9 refuses a bad n, takes a huge one for its own limit, and tells nothing by a foreign last', async () => {
    for (const n of ['-1', 'abc']) expect((await list(`?n=${n}`, byScopeMap())).status).toBe(400);
    expect((await list('?n=2147483647', byScopeMap())).status).toBe(200);
    expect(await (await list('?last=team-evil/app', byScopeMap())).json()).toEqual({
      repositories: ['team/app', 'team/sub/app', 'zebra'],
    });
  });

  it('S1 lists by a system scope map of this registry, and by none of another', async () => {
    const of = (registryId: string, map: string) => list('', listing({ scopeMap: `${registryId}/${map}` }));
    const seen = await of(installation.registryId, '_repositories_pull_metadata_read');
    expect(await seen.json()).toEqual({ repositories: [...names].sort() });
    expect(await (await of(installation.registryId, '_repositories_pull')).json()).toEqual({ repositories: [] });
    const other = await of(installation.accountId, '_repositories_pull_metadata_read');
    expect(await other.json()).toEqual({ repositories: [] });
  });

  it('lists for a token with an owner what both may see', async () => {
    const owner = { id: 'user:owner', groups: ['group:team'] };
    const owned = () => list('', listing({ scopeMap: scopeMapId, owner }));
    expect(await (await owned()).json()).toEqual({ repositories: [] });
    await registry.define({
      ...{ kind: 'role-assignment', id: '01900000-0000-7000-8000-00000000bbbb', ...common, principal: 'group:team' },
      ...{ role: 'AcrPull', scope: { kind: 'repository', registryId: installation.registryId, pattern: 'team/*' } },
    });
    expect(await (await owned()).json()).toEqual({ repositories: ['team/app', 'team/sub/app'] });
  });

  it('S4 lists for a policy on a resource group what is in it, and leaves out what is elsewhere', async () => {
    const { registryId } = installation;
    const target = { serviceName: 'container-registry', serviceInstance: null, region: null, resourceType: null };
    await registry.define({
      ...{ kind: 'registry', id: registryId, ...common, version: 2, name: 'local', plan: 'standard' },
      ...{ region: null, resourceGroup: 'ci' },
    });
    await registry.define({
      ...{ kind: 'namespace', id: '01900000-0000-7000-8000-00000000aaab', ...common, registryId },
      ...{ name: 'team', resourceGroup: 'elsewhere' },
    });
    await registry.define({
      ...{ kind: 'access-policy', id: '01900000-0000-7000-8000-00000000aaac', ...common, subject: 'user:u' },
      ...{ roles: ['Reader'], target: { ...target, resource: null, resourceGroup: 'ci', isForAllServices: false } },
    });
    const seen = async (query = '') => {
      const answer = await list(query, listing({ sub: 'user:u', groups: [] }));
      return ((await answer.json()) as { repositories: string[] }).repositories;
    };
    expect(await seen()).toEqual(['alpha', 'team-evil/app', 'zebra']);
    expect(await seen('?n=1&last=alpha')).toEqual(['team-evil/app']);
  });

  it('lists nothing of a registry from where it is shut', async () => {
    await registry.define({
      ...{ kind: 'prohibition', id: '01900000-0000-7000-8000-00000000aaad', ...common, cause: 'private-only' },
      ...{ scope: { kind: 'registry', registryId: installation.registryId }, actions: ['metadata/read'] },
      exceptFrom: ['192.0.2.0/24'],
    });
    expect(await (await list('', byScopeMap())).json()).toEqual({ repositories: [] });
  });

  it('refuses a token that does not name the catalog, with the scope that would', async () => {
    const answer = await registry.ask('GET', '/v2/_catalog', pullFrom('team/app'));
    expect([answer.status, await codeOf(answer)]).toEqual([401, 'DENIED']);
    expect(answer.headers.get('www-authenticate')).toContain('scope="registry:catalog:*"');
  });

  it.each(['//v2/_catalog', '/v2/_catalog/', '/v2//_catalog', '/V2/_catalog'])(
    'C8 %s is not another way to it',
    async (path) => {
      const answer = await registry.ask('GET', path, byScopeMap());
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await answer.text()).not.toContain('team/app');
    },
  );
});
