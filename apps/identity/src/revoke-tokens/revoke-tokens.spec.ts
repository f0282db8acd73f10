import { Database } from '@berth/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, loginServer, type IdentityReplica } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';
import type { PolicyStandIn } from '../policy-stand-in.suite.js';

interface Imported {
  readonly name: string;
  readonly password: string;
}

describe('many tokens of a registry', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let policy: PolicyStandIn;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) => {
      policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']);
      policy.setScopeMap('others', ['repositories/samples/nginx/content/read']);
    });
    ({ identity, policy } = place);
  });
  afterAll(() => place.stop());

  async function imported(prefix: string, count: number, wish: object): Promise<Imported[]> {
    const { token } = (await identity.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    const lines = Array.from({ length: count }, (_, at) => ({ name: `${prefix}-${1000 + at}`, ...wish }));
    const answer = await identity.app.inject({
      method: 'POST',
      url: '/api/v1/registries/local/tokens:import',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      payload: lines.map((line) => JSON.stringify(line)).join('\n'),
    });
    return answer.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Imported);
  }

  const askFor = ({ name, password }: Imported) =>
    identity.askForToken([['service', loginServer]], `${name}:${password}`);

  async function list(query: string): Promise<string[]> {
    const names: string[] = [];
    for (let after = ''; ;) {
      const answer = await identity.manage('GET', `/tokens?limit=2&${query}${after}`);
      expect(answer.statusCode, answer.body).toBe(200);
      const { items, next } = answer.json<{ items: { name: string }[]; next: string | null }>();
      names.push(...items.map(({ name }) => name));
      if (next === null) return names;
      after = `&after=${next}`;
    }
  }

  it('finds tokens by the beginning of the name, labels, status and scope map, page by page', async () => {
    await imported('find-a', 3, { scopeMap: 'readers', labels: { site: 'a', line: '1' } });
    await imported('find-b', 3, { scopeMap: 'others', labels: { site: 'b' }, status: 'disabled' });
    const [a, b] = ['find-a', 'find-b'].map((prefix) => [0, 1, 2].map((at) => `${prefix}-${1000 + at}`));
    expect(await list('prefix=find-')).toEqual([...(a ?? []), ...(b ?? [])]);
    expect(await list('label=site=a')).toEqual(a);
    expect(await list('label=site=a&label=line=1')).toEqual(a);
    expect(await list('label=site=a&label=line=2')).toEqual([]);
    expect(await list('status=disabled&prefix=find')).toEqual(b);
    expect(await list('scopeMap=others')).toEqual(b);
    expect(await list('scopeMap=nowhere')).toEqual([]);
    expect((await identity.manage('GET', '/tokens?label=site')).statusCode).toBe(400);
  });

  it('disables by label, over batches, and what was issued to them ends', async () => {
    const mine = await imported('bulk-x', 1001, { scopeMap: 'readers', labels: { batch: 'x' } });
    const [kept] = await imported('bulk-y', 1, { scopeMap: 'readers', labels: { batch: 'y' } });
    const [first, last] = [mine[0], mine.at(-1)];
    if (first === undefined || last === undefined || kept === undefined) throw new Error('nothing was imported');
    const held = await Promise.all([first, last, kept].map(askFor));
    const answer = await identity.manage('POST', '/tokens:revoke', { labels: { batch: 'x' } });
    expect([answer.statusCode, answer.json()]).toEqual([200, { revoked: 1001, more: false }]);
    const raised = await identity.app
      .get(Database)
      .query<{ key: string; version: number }>(`select key, version from published_state where key like 'token:%'`);
    const minima = new Map(raised.map(({ key, version }) => [key, version]));
    const isRefused = held.map((each) => {
      const { sub, ver } = identity.verifier().verifyAccess(each.json<{ token: string }>().token, loginServer);
      return (ver[sub] ?? 0) < (minima.get(sub) ?? 0);
    });
    expect(isRefused).toEqual([true, true, false]);
    expect((await Promise.all([first, last, kept].map(askFor))).map(({ statusCode }) => statusCode)).toEqual([
      401, 401, 200,
    ]);
    const told = await identity.app
      .get(Database)
      .query<{ data: { asked: string } }>(`select data from outbox where key like 'token-revocation:%' order by id`);
    expect(told.map(({ data }) => data.asked)).toEqual([
      '1000 tokens disabled, bulk-x-1000 to bulk-x-1999',
      '1 tokens disabled, bulk-x-2000 to bulk-x-2000',
    ]);
    const again = await identity.manage('POST', '/tokens:revoke', { labels: { batch: 'x' } });
    expect(again.json()).toEqual({ revoked: 0, more: false });
  });

  it('deletes by name and by scope map', async () => {
    policy.setScopeMap('leaving', ['repositories/samples/hello-world/content/read']);
    const [one] = await imported('gone-a', 1, { scopeMap: 'readers' });
    await imported('gone-b', 2, { scopeMap: 'leaving' });
    const byName = await identity.manage('POST', '/tokens:revoke', {
      names: [one?.name, 'never-was'],
      action: 'delete',
    });
    const byMap = await identity.manage('POST', '/tokens:revoke', { scopeMap: 'leaving', action: 'delete' });
    expect([byName.json(), byMap.json()]).toEqual([
      { revoked: 1, more: false },
      { revoked: 2, more: false },
    ]);
    expect(await list('prefix=gone-')).toEqual([]);
  });

  it.each([
    ['nothing named', {}],
    ['no label', { labels: {} }],
    ['two ways', { names: ['abcde'], scopeMap: 'readers' }],
    ['an unknown action', { names: ['abcde'], action: 'forget' }],
  ])('refuses %s', async (_what, body) => {
    expect((await identity.manage('POST', '/tokens:revoke', body)).statusCode).toBe(400);
  });
});
