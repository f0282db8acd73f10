import { installation, type AccountDefinition, type RoleAssignmentDefinition } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxFederations } from './federation.js';
import { adminPassword, loginServer } from './identity-app.suite.js';
import { StandInIssuer } from './issuer.suite.js';
import { WorkloadPlace, type Federation } from './workload-place.suite.js';

describe('/api/v1/federations', () => {
  let place: WorkloadPlace;

  beforeAll(async () => {
    place = await WorkloadPlace.start();
  });
  afterAll(() => place.stop());

  it('shows, lists and deletes rules; deleting one ends what its workload holds', async () => {
    const made = await place.trust({ subject: 'gone', audience: loginServer });
    const held = place.claimsOf(await place.exchange(place.issuer.token({ sub: 'gone' })));
    expect((await place.manage('GET', `/${made.id}`)).json()).toEqual(made);
    const { items } = (await place.manage('GET', '?limit=1000')).json<{ items: Federation[] }>();
    expect(items.map(({ id }) => id)).toContain(made.id);
    expect((await place.manage('DELETE', `/${made.id}`)).statusCode).toBe(204);
    expect((await place.identity.accessState()).refusedBy(held.ver, held.iat)).toBe(made.principal);
    await place.expectRefused(place.issuer.token({ sub: 'gone' }), 'no-federation');
    expect((await place.manage('GET', `/${made.id}`)).statusCode).toBe(404);
    expect((await place.manage('DELETE', `/${made.id}`)).statusCode).toBe(404);
  });

  it('38 ends what fifty workloads hold at once, and nothing of another', async () => {
    const subjects = Array.from({ length: 50 }, (_, at) => `fleet-${at}`);
    const made = await Promise.all(subjects.map((subject) => place.trust({ subject })));
    const held = await Promise.all(
      subjects.map(async (sub) => place.claimsOf(await place.exchange(place.issuer.token({ sub })))),
    );
    const [kept, ...revoked] = made;
    await Promise.all(revoked.map(({ id }) => place.manage('DELETE', `/${id}`)));
    const state = await place.identity.accessState();
    const refused = held.map(({ ver, iat }) => state.refusedBy(ver, iat));
    expect(refused).toEqual([null, ...revoked.map(({ principal }) => principal)]);
    expect((await place.exchange(place.issuer.token({ sub: 'fleet-0' }))).statusCode).toBe(200);
    await place.manage('DELETE', `/${kept?.id}`);
  });

  it('lets several issuers lead to one workload, whose other rules go on when one is deleted', async () => {
    const other = await StandInIssuer.start(place.clock);
    const first = await place.trust({ subject: 'shared' });
    const second = await place.trust({ issuer: other.url, subject: 'shared', principal: first.principal });
    expect(second.principal).toBe(first.principal);
    const held = place.claimsOf(await place.exchange(other.token({ sub: 'shared' })));
    place.clock.advance(1000);
    await place.manage('DELETE', `/${first.id}`);
    const state = await place.identity.accessState();
    expect(state.refusedBy(held.ver, held.iat)).toBe(first.principal);
    const again = place.claimsOf(await place.exchange(other.token({ sub: 'shared' })));
    expect([again.sub, state.refusedBy(again.ver, again.iat)]).toEqual([first.principal, null]);
    await place.manage('DELETE', `/${second.id}`);
    const orphan = await place.manage('POST', '', {
      name: 'orphan',
      issuer: place.issuer.url,
      subject: 'o',
      principal: first.principal,
    });
    expect([orphan.statusCode, orphan.json<{ code: string }>().code]).toEqual([400, 'unknown-principal']);
    await other.stop();
  });

  it('gives nobody a way to what they don`t hold: a rule for a workload that may sign is not an Owner`s to make', async () => {
    const made = await place.trust({ subject: 'signer' });
    await place.give(made.principal, 'AcrImageSigner');
    const rule = { name: 'as-signer', issuer: place.issuer.url, subject: 'mine', principal: made.principal };
    const answer = await place.manage('POST', '', rule);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'not-held']);
    expect(await place.lastEntry()).toMatchObject({
      event: 'refused',
      action: 'federations/write',
      reason: 'not-held',
    });
  });

  it('D15 shows nothing of another account, and lets it change nothing', async () => {
    const made = await place.trust({ subject: 'ours' });
    const other = uuidv7();
    const common = { account: other, status: 'active', changedAt: '2026-01-01T00:00:00.000Z' } as const;
    place.policy.set<AccountDefinition>({ kind: 'account', id: other, name: 'acme', ...common });
    await place.identity.follow();
    const credential = 'stranger:correct horse battery';
    const [name, password] = credential.split(':');
    const { id } = (
      await place.identity.callAs(`admin:${adminPassword}`, ['POST', '/users'], { name, password, account: other })
    ).json<{ id: string }>();
    place.policy.set<RoleAssignmentDefinition>({
      kind: 'role-assignment',
      id: uuidv7(),
      ...{ ...common, principal: `user:${id}`, role: 'Owner', scope: { kind: 'account' } },
    });
    await place.identity.follow();
    const theirs = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
      place.identity.callAs(`acme/${credential}`, [method, `/federations${path}`], body);
    const rule = { name: 'theirs', issuer: place.issuer.url, subject: 'ours' };
    const answers = [
      await theirs('GET', `/${made.id}`),
      await theirs('DELETE', `/${made.id}`),
      await theirs('POST', '', { ...rule, principal: made.principal }),
      await theirs('POST', '', { ...rule, audience: loginServer }),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 400, 400]);
    expect((await theirs('GET', '')).json()).toEqual({ items: [], next: null });
    expect((await theirs('POST', '', rule)).statusCode).toBe(201);
    expect(place.claimsOf(await place.exchange(place.issuer.token({ sub: 'ours' }))).sub).toBe(made.principal);
  });

  it('D15 takes nobody`s name twice, no rule twice, and no principal that is not there', async () => {
    const made = await place.trust({ subject: 'once' });
    const answers = await Promise.all([
      place.manage('POST', '', { name: made.name, issuer: place.issuer.url, subject: 'another' }),
      place.manage('POST', '', { name: 'same', issuer: place.issuer.url, subject: 'once' }),
      place.manage('GET', '/01900000-0000-7000-8000-00000000dead'),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([409, 409, 404]);
  });

  it('H1 D16 refuses a rule that names an address inside, or what is not theirs to say', async () => {
    const bad = [{ issuer: 'https://169.254.169.254' }, { audience: 'other:5000' }, { operator: true }];
    for (const part of bad) {
      const answer = await place.manage('POST', '', { name: 'bad', issuer: place.issuer.url, subject: 's', ...part });
      expect(answer.statusCode, answer.body).toBe(400);
    }
  });

  it('needs a right for each: nobody who lacks it sees, makes or deletes a rule', async () => {
    const made = await place.trust({ subject: 'guarded' });
    place.policy.giveAdmin({ kind: 'registry', registryId: installation.registryId });
    await place.identity.follow();
    const answers = [
      await place.manage('POST', '', { name: 'mine', issuer: place.issuer.url, subject: 'mine' }),
      await place.manage('GET', ''),
      await place.manage('GET', `/${made.id}`),
      await place.manage('DELETE', `/${made.id}`),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403, 403]);
    expect(await place.lastEntry()).toMatchObject({ event: 'refused', action: 'federations/delete' });
    place.policy.giveAdmin({ kind: 'account' });
    await place.identity.follow();
  });
  it('makes no more rules than an account may have when they are asked for at once', async () => {
    const db = place.identity.app.get(Database);
    await db.query(
      `insert into federation (id, account, name, workload_id, issuer, subject, fingerprint, created_at)
       select gen_random_uuid(), w.account, 'fill-' || n, w.id, 'https://issuer.example', n, sha256(n::text::bytea), now()
         from (select id, account from workload where account = $1 limit 1) w,
              generate_series(2, $2 - (select count(*) from federation where account = $1)) n`,
      [installation.accountId, maxFederations],
    );
    const ask = (at: number) =>
      place.manage('POST', '', { name: `last-${at}`, issuer: place.issuer.url, subject: `${at}` });
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(ask));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });
});
