import { installation, maxGroups, principalsAnswer } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxMembers } from './group.js';
import { LogInPlace } from './log-in-place.suite.js';

describe('what an identity provider says of people, and where it ends', () => {
  let place: LogInPlace;
  let db: Database;

  beforeAll(async () => {
    place = await LogInPlace.start();
    db = place.identity.app.get(Database);
  });
  afterAll(() => place.stop());

  const idOf = ({ sub }: { readonly sub: string }) => sub.slice('user:'.length);

  /** Puts a user into so many new groups that people made, past all limits. */
  async function putIntoGroups(userId: string, count: number): Promise<void> {
    await db.query(
      `with made as (
         insert into principal_group (id, account, name, version, created_at)
         select gen_random_uuid(), $1, $2 || n, 1, now() from generate_series(1, $3::integer) n
         returning id, account)
       insert into group_member (group_id, member_kind, member_id, account, added_at)
       select id, 'user', $4, account, now() from made`,
      [installation.accountId, `made ${uuidv7()} `, count, userId],
    );
  }

  const claimsOf = async (person: Parameters<LogInPlace['logIn']>[0]) => {
    const { answer, session } = await place.logIn(person);
    expect(answer.statusCode, answer.body).toBe(200);
    return { claims: await place.claimsOf(session), session };
  };

  it('sets no password of a person of the provider, who would have it after the provider lets them go', async () => {
    const { claims } = await claimsOf({ sub: 'sub-ada' });
    const path = `/users/${idOf(claims)}`;
    const answer = await place.manage('PATCH', path, { password: 'correct horse battery' });
    expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'kept-elsewhere' }]);
    expect((await place.manage('GET', path)).json()).toMatchObject({ hasPassword: false });
    expect((await place.manage('PATCH', path, { email: 'ada@example.com' })).statusCode).toBe(200);
  });

  it('lets a person log in whom people put into groups, with as many of the provider`s as there is room for', async () => {
    const { claims } = await claimsOf({ sub: 'sub-many', groups: ['stays'] });
    await putIntoGroups(idOf(claims), maxGroups - 3);
    const later = (await claimsOf({ sub: 'sub-many', groups: ['a', 'b', 'c', 'd', 'stays'] })).claims;
    expect(later.groups).toHaveLength(maxGroups);
    expect(later.groups).toContain(claims.groups[0]);
    expect(place.identity.logged()).toContain('groups of the identity provider left out');
    expect((await claimsOf({ sub: 'sub-many', groups: ['a'] })).claims.groups).toHaveLength(maxGroups - 2);
  });

  it('signs and answers no more groups than a token can name for somebody who is in more', async () => {
    const { claims, session } = await claimsOf({ sub: 'sub-too-many' });
    await putIntoGroups(idOf(claims), maxGroups + 5);
    expect((await place.claimsOf(session)).groups).toHaveLength(maxGroups);
    const answer = await place.identity.internal('/internal/principals', { principals: [claims.sub] });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(principalsAnswer.parse(answer.json()).principals[0]?.groups).toHaveLength(maxGroups);
    expect((await claimsOf({ sub: 'sub-too-many', groups: ['one-more'] })).claims.groups).toHaveLength(maxGroups);
  });

  it('lets nobody more into a group that is full, and leaves who is in it', async () => {
    const { claims } = await claimsOf({ sub: 'sub-first', groups: ['full'] });
    const groupId = claims.groups[0]?.slice('group:'.length);
    await db.query(
      `insert into group_member (group_id, member_kind, member_id, account, added_at)
       select $1, 'service', gen_random_uuid(), $2, now() from generate_series(1, $3::integer)`,
      [groupId, installation.accountId, maxMembers - 1],
    );
    const late = (await claimsOf({ sub: 'sub-late', groups: ['full', 'roomy'] })).claims;
    expect(late.groups).toHaveLength(1);
    expect(late.groups).not.toContain(`group:${groupId}`);
    expect((await claimsOf({ sub: 'sub-first', groups: ['full'] })).claims.groups).toEqual([`group:${groupId}`]);
  });
});
