import { randomUUID } from 'node:crypto';
import { installation } from '@berth/contracts';
import { Spool } from '@berth/messaging';
import { Database } from '@berth/persistence';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPolicy, tokenOf, type PolicyUnderTest } from './policy.suite.js';

const maps = '/api/v1/registries/local/scope-maps';
const readHello = 'repositories/samples/hello-world/content/read';
const readTeam = 'repositories/team/*/content/read';
let policy: PolicyUnderTest;
let db: Database;

beforeAll(async () => {
  policy = await startPolicy();
  db = policy.app.get(Database);
});

afterAll(async () => {
  await policy.stop();
});

/** What was told about a map, oldest first. */
async function toldOf({ id }: Record<string, unknown>, topic: string): Promise<Record<string, unknown>[]> {
  const rows = await db.query<{ data: Record<string, unknown> }>(
    `select data from outbox where topic = $1 and key = $2 order by id`,
    [topic, `scope-map:${String(id)}`],
  );
  return rows.map(({ data }) => data);
}

const definitionsOf = (map: Record<string, unknown>) => toldOf(map, 'policy.definition-changed.v1');
const entriesOf = (map: Record<string, unknown>) => toldOf(map, 'policy.change-recorded.v1');

const put = (name: string, actions: readonly string[], description?: string) =>
  policy.call({ method: 'PUT', path: `${maps}/${name}`, body: { actions, description } });

describe('PUT of a scope map', () => {
  it('S1-12 works on its own, before any token', async () => {
    const made = await put('hello-read', [readHello]);
    expect(made).toMatchObject({
      status: 201,
      json: { name: 'hello-read', description: null, actions: [readHello], system: false },
    });
    expect(await policy.call({ path: `${maps}/hello-read` })).toMatchObject({ status: 200, json: made.json });
  });

  it('tells the definition and the audit log, with what allowed it', async () => {
    const { json } = await put('told-of', [readHello]);
    expect(await definitionsOf(json)).toMatchObject([{ status: 'active', actions: [readHello] }]);
    expect(await entriesOf(json)).toMatchObject([
      {
        event: 'created',
        action: 'scopeMaps/write',
        actor: { id: `user:${installation.adminUserId}`, name: 'admin' },
        target: { registryId: installation.registryId, resourceName: 'told-of' },
        decidedBy: [{ ref: `role-assignment:${installation.ownerAssignmentId}` }],
        outcome: 'allowed',
      },
    ]);
  });

  it('with equal content changes nothing and tells nobody', async () => {
    const first = await put('put-twice', [readHello, readTeam], 'x');
    const second = await put('put-twice', [readTeam, readHello, readTeam], 'x');
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.json).toEqual(first.json);
    expect(await definitionsOf(first.json)).toHaveLength(1);
    expect(await entriesOf(first.json)).toHaveLength(1);
  });

  it('with other content raises the version and keeps the id', async () => {
    const first = await put('put-again', [readHello]);
    const second = await put('put-again', [readTeam]);
    expect(second).toMatchObject({ status: 200, json: { id: first.json['id'], actions: [readTeam] } });
    expect(Number(second.json['version'])).toBeGreaterThan(Number(first.json['version']));
    expect((await definitionsOf(first.json)).map(({ version }) => version)).toEqual([
      first.json['version'],
      second.json['version'],
    ]);
    expect((await entriesOf(first.json)).map(({ event }) => event)).toEqual(['created', 'updated']);
  });

  it('by eight callers at once makes one map', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => put('contended', [readHello])));
    expect(made.map(({ status }) => status).toSorted()).toEqual([...Array<number>(7).fill(200), 201]);
    expect(new Set(made.map(({ json }) => json['id'])).size).toBe(1);
    expect(await definitionsOf(made[0]?.json ?? {})).toHaveLength(1);
  });

  it.each([
    ['a name that is too short', 'abcd', { actions: [readHello] }],
    ['a name with a dot', 'hello.read', { actions: [readHello] }],
    ['no actions', 'hello-read', {}],
    ['a description that cannot be stored', 'hello-read', { actions: [readHello], description: '\0' }],
    ['half a character', 'hello-read', { actions: [readHello], description: '\ud800' }],
    ['D16 an unknown field', 'hello-read', { actions: [readHello], system: false }],
    [
      '501 actions',
      'hello-read',
      { actions: Array.from({ length: 501 }, (_, i) => `repositories/a${i}/content/read`) },
    ],
  ])('refuses %s', async (_, name, body) => {
    const answer = await policy.call({ method: 'PUT', path: `${maps}/${name}`, body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'malformed-request' } });
  });

  it('names the line that it refuses, and stores nothing', async () => {
    const answer = await put('refused-map', [readHello, 'repositories/sample/*/teamA/content/read']);
    expect(answer).toMatchObject({
      status: 400,
      json: { code: 'invalid-action', index: 1, line: 'repositories/sample/*/teamA/content/read' },
    });
    expect((await policy.call({ path: `${maps}/refused-map` })).status).toBe(404);
  });
});

describe('an address with what no name can hold', () => {
  it.each([
    ['GET', '/api/v1/registries/%00'],
    ['GET', '/api/v1/registries/%00/scope-maps'],
    ['GET', `${maps}/a%00`],
    ['GET', `${maps}?after=${Buffer.from('a\0').toString('base64url')}`],
    ['PATCH', `${maps}/a%00`],
    ['DELETE', `${maps}/a%00`],
    ['PUT', '/api/v1/registries/%00/scope-maps/hello-read'],
  ] as const)('is refused: %s %s', async (method, path) => {
    const body = method === 'PUT' ? { actions: [readHello] } : method === 'PATCH' ? {} : undefined;
    expect((await policy.call({ method, path, body })).status).toBe(400);
  });

  it('is refused between services too', async () => {
    const path = '/internal/definitions/registry?name=%00';
    expect((await policy.call({ path, isInternal: true })).status).toBe(400);
  });
});

describe('a management token that is refused', () => {
  it('leaves an entry, without a name that somebody only claims', async () => {
    const append = vi.spyOn(policy.app.get(Spool), 'append');
    expect((await policy.call({ path: maps, token: 'not-one' })).status).toBe(401);
    expect(append.mock.calls).toMatchObject([
      [{ event: 'refused', account: installation.accountId, actor: { id: null }, reason: 'invalid-token' }],
    ]);
    append.mockRestore();
  });
});

describe('PATCH of a scope map', () => {
  it('changes what it names and keeps the rest', async () => {
    await put('patched', [readHello], 'before');
    const path = `${maps}/patched`;
    const described = await policy.call({ method: 'PATCH', path, body: { description: null } });
    expect(described).toMatchObject({ status: 200, json: { description: null, actions: [readHello] } });
    const widened = await policy.call({ method: 'PATCH', path, body: { actions: [readHello, readTeam] } });
    expect(widened).toMatchObject({ status: 200, json: { description: null, actions: [readHello, readTeam] } });
    expect(await policy.call({ method: 'PATCH', path, body: {} })).toMatchObject({ status: 200, json: widened.json });
  });

  it('answers 404 for one that is not there', async () => {
    const answer = await policy.call({ method: 'PATCH', path: `${maps}/nowhere`, body: { description: 'x' } });
    expect(answer).toMatchObject({ status: 404, json: { code: 'unknown-scope-map' } });
  });
});

describe('DELETE of a scope map', () => {
  it('answers 204 and tells the last state; a later one of that name is another', async () => {
    const { json } = await put('short-lived', [readHello]);
    expect((await policy.call({ method: 'DELETE', path: `${maps}/short-lived` })).status).toBe(204);
    expect((await policy.call({ path: `${maps}/short-lived` })).status).toBe(404);
    const [, last] = await definitionsOf(json);
    expect(last).toMatchObject({ status: 'deleted', id: json['id'] });
    expect(Number(last?.['version'])).toBeGreaterThan(Number(json['version']));
    expect((await entriesOf(json)).at(-1)).toMatchObject({ event: 'deleted', action: 'scopeMaps/delete' });
    expect((await put('short-lived', [readHello])).json['id']).not.toBe(json['id']);
  });

  it('answers 409 with the number of tokens that use it, unless forced', async () => {
    await put('in-use', [readHello]);
    policy.tokensOfEveryScopeMap = 3;
    const refused = await policy.call({ method: 'DELETE', path: `${maps}/in-use` });
    expect(refused).toMatchObject({ status: 409, json: { code: 'scope-map-in-use', tokens: 3 } });
    expect((await policy.call({ method: 'DELETE', path: `${maps}/in-use?force=true` })).status).toBe(204);
    policy.tokensOfEveryScopeMap = 0;
  });

  it('answers 503 and deletes nothing when identity can not say', async () => {
    await put('nobody-knows', [readHello]);
    policy.tokensOfEveryScopeMap = null;
    const answer = await policy.call({ method: 'DELETE', path: `${maps}/nobody-knows` });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    policy.tokensOfEveryScopeMap = 0;
    expect((await policy.call({ path: `${maps}/nobody-knows` })).status).toBe(200);
  });
});

describe('D15 the scope maps of another account', () => {
  it('are not there, nor is its registry', async () => {
    await put('not-yours', [readHello]);
    const account = randomUUID();
    const user = randomUUID();
    await db.query(`insert into account (id, name, version, changed_at) values ($1, $2, 1, now())`, [account, account]);
    await db.query(
      `insert into role_assignment (id, account, principal, role, scope, version, changed_at)
       values ($1, $2, $3, 'Owner', '{"kind":"account"}', 1, now())`,
      [randomUUID(), account, `user:${user}`],
    );
    const token = tokenOf({ sub: `user:${user}`, name: 'stranger', acct: account });
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const body = method === 'PUT' || method === 'PATCH' ? { actions: [readHello] } : undefined;
      const answer = await policy.call({ method, path: `${maps}/not-yours`, body, token });
      expect(answer, method).toMatchObject({ status: 404, json: { code: 'unknown-registry' } });
    }
    expect((await policy.call({ path: '/api/v1/registries', token })).json).toEqual({ items: [], next: null });
  });
});
