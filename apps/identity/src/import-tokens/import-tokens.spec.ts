import { installation } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, loginServer, type IdentityReplica } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';
import type { PolicyStandIn } from '../policy-stand-in.suite.js';

interface Answer {
  readonly line?: number;
  readonly name: string | null;
  readonly slot?: number;
  readonly password?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

describe('POST /api/v1/registries/{r}/tokens:import', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let policy: PolicyStandIn;
  let imports = 0;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) =>
      policy.setScopeMap('fleet-read', ['repositories/samples/hello-world/content/read']),
    );
    ({ identity, policy } = place);
  });
  afterAll(() => place.stop());

  const newImport = () => `import-${(imports += 1)}`;
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}-${at}-dev`);
  const bodyOf = (lines: readonly unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

  async function send(query: string, payload: string, type = 'application/x-ndjson') {
    const { token } = (await identity.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    return identity.app.inject({
      method: 'POST',
      url: `/api/v1/registries/local/tokens:import${query}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      payload,
    });
  }

  async function importLines(query: string, lines: readonly unknown[]): Promise<Answer[]> {
    const answer = await send(query, bodyOf(lines));
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.body
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Answer);
  }

  const logIn = async ({ name, password }: Answer) =>
    (await identity.askForToken([['service', loginServer]], `${name}:${password}`)).statusCode;

  it('makes a token of each line and answers its password, in the order of lines', async () => {
    const lines = names('plain', 3).map((name) => ({ name, scopeMap: 'fleet-read', labels: { batch: '1' } }));
    const answers = await importLines(`?id=${newImport()}`, lines);
    expect(answers.map(({ name, slot }) => [name, slot])).toEqual(lines.map(({ name }) => [name, 1]));
    expect(new Set(answers.map(({ password }) => password)).size).toBe(3);
    expect(await Promise.all(answers.map(logIn))).toEqual([200, 200, 200]);
    expect((await identity.manage('GET', '/tokens/plain-1-dev')).json()).toMatchObject({
      scopeMap: 'fleet-read',
      labels: { batch: '1' },
      status: 'enabled',
    });
  });

  it('answers what is wrong with a line in its place, and imports the others', async () => {
    await importLines(`?id=${newImport()}`, [{ name: 'taken-name', scopeMap: 'fleet-read' }]);
    const good = { name: 'good-name', scopeMap: 'fleet-read' };
    const answer = await send(
      `?id=${newImport()}`,
      [
        JSON.stringify(good),
        'no json',
        '',
        JSON.stringify({ ...good, name: 'bad' }),
        JSON.stringify({ ...good, name: 'other-name', scopeMap: 'nowhere' }),
        JSON.stringify({ ...good, name: 'taken-name' }),
        JSON.stringify(good),
        JSON.stringify({ ...good, name: 'with-password', password: 'hunter2' }),
        JSON.stringify({ ...good, name: 'with-owner', objectId: `user:${installation.adminUserId}` }),
      ].join('\n'),
    );
    const answers = answer.body.trim().split('\n');
    const codes = answers.map((line) => (JSON.parse(line) as Answer).error?.code ?? 'imported');
    expect(codes).toEqual([
      'imported',
      'malformed-line',
      'malformed-line',
      'malformed-line',
      'unknown-scope-map',
      'name-taken',
      'name-taken',
      'malformed-line',
      'malformed-line',
    ]);
    expect((JSON.parse(answers[5] ?? '') as Answer).line).toBe(6);
    expect(answer.body).not.toContain('hunter2');
  });

  it('tells the audit log once for each 1,000 lines, without a secret', async () => {
    const id = newImport();
    const lines = names('batch', 2100).map((name) => ({ name, scopeMap: 'fleet-read' }));
    const answers = await importLines(`?id=${id}`, lines);
    expect(answers.every(({ password }) => password !== undefined)).toBe(true);
    const told = await identity.app
      .get(Database)
      .query<{ data: { asked: string; target: { resourceName: string } } }>(
        `select data from outbox where key = $1 order by id`,
        [`token-import:${id}`],
      );
    expect(told.map(({ data }) => data.asked)).toEqual([
      'lines 1 to 1000: 1000 tokens created, 0 again',
      'lines 1001 to 2000: 1000 tokens created, 0 again',
      'lines 2001 to 2100: 100 tokens created, 0 again',
    ]);
    expect(JSON.stringify(told)).not.toContain('brt_');
  });

  it('goes on from a line under the same id: new passwords from there on, the old ones end, those before stay', async () => {
    const id = newImport();
    const lines = names('again', 4).map((name) => ({ name, scopeMap: 'fleet-read' }));
    const first = await importLines(`?id=${id}`, lines.slice(0, 3));
    const held = await identity.askForToken([['service', loginServer]], `${first[2]?.name}:${first[2]?.password}`);
    const second = await importLines(`?id=${id}&from=3`, lines);
    expect(second.map(({ name }) => name)).toEqual(['again-2-dev', 'again-3-dev']);
    const all = [...first, ...second];
    expect(await Promise.all(all.map(logIn))).toEqual([200, 200, 401, 200, 200]);
    const { ver, iat } = identity.verifier().verifyAccess(held.json<{ token: string }>().token, loginServer);
    expect((await identity.accessState()).refusedBy(ver, iat)).toMatch(/^slot:.*\/1$/);
  });

  it('lets equal lists of repositories share one scope map, also when it is resumed', async () => {
    const id = newImport();
    const repositories = [{ name: 'team/*', actions: ['content/read', 'metadata/read'] }];
    const lines = names('shared', 3).map((name) => ({ name, repositories }));
    const before = policy.callers.length;
    await importLines(`?id=${id}`, lines);
    await importLines(`?id=${id}`, lines);
    expect(policy.callers.length - before).toBe(1);
    const maps = await Promise.all(
      lines.map(async ({ name }) => (await identity.manage('GET', `/tokens/${name}`)).json<{ scopeMap: string }>()),
    );
    expect(new Set(maps.map(({ scopeMap }) => scopeMap)).size).toBe(1);
  });

  it('takes the hash of a password that its owner has already', async () => {
    const passwordSha256 = 'ab'.repeat(32);
    const [answer] = await importLines(`?id=${newImport()}`, [
      { name: 'own-password', scopeMap: 'fleet-read', passwordSha256 },
    ]);
    expect(answer).toEqual({ name: 'own-password', slot: 1 });
  });

  it.each([
    ['another type', '?id=a', 'application/json', 400],
    ['an id with a slash', '?id=a%2Fb', 'application/x-ndjson', 400],
    ['line 0', '?id=a&from=0', 'application/x-ndjson', 400],
  ])('refuses %s', async (_what, query, type, status) => {
    expect((await send(query, '{}', type)).statusCode).toBe(status);
  });

  it('S1-02 refuses a scope map whose rights the caller does not hold, line by line', async () => {
    policy.setScopeMap('signers', ['repositories/samples/x/signature/write']);
    const [own, other] = await importLines(`?id=${newImport()}`, [
      { name: 'held-rights', scopeMap: 'fleet-read' },
      { name: 'more-rights', scopeMap: 'signers' },
    ]);
    expect([own?.error, other?.error?.code]).toEqual([undefined, 'not-held']);
    expect((await identity.manage('GET', '/tokens/more-rights')).statusCode).toBe(404);
  });
});
