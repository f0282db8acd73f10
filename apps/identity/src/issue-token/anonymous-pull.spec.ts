import { installation, type AnonymousAccessDefinition } from '@berth/contracts';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginServer, type IdentityReplica } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';
import type { PolicyStandIn } from '../policy-stand-in.suite.js';

const service = ['service', loginServer] as const;
const id = uuidv7();

describe('GET /oauth2/token without a credential', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let policy: PolicyStandIn;

  beforeAll(async () => {
    place = await IdentityPlace.start(() => undefined, { BERTH_LIMIT_UNAUTHENTICATED_PER_SOURCE: '20' });
    ({ identity, policy } = place);
  });
  afterAll(() => place.stop());

  async function openTo(...repositories: string[]): Promise<AnonymousAccessDefinition> {
    const opened = policy.set<AnonymousAccessDefinition>({
      ...{ kind: 'anonymous-access', id, account: installation.accountId, registryId: installation.registryId },
      ...{ status: 'active', changedAt: '2026-01-01T00:00:00.000Z', repositories },
    });
    await identity.follow();
    return opened;
  }

  const ask = (scopes: readonly string[], address = '192.0.2.1') => {
    const parameters = scopes.map((scope) => ['scope', scope] as const);
    return identity.askForToken([service, ['offline_token', 'true'], ...parameters], undefined, { address });
  };
  const challengeOf = async (...scopes: string[]) => {
    const { statusCode, headers, body } = await ask(scopes, '192.0.2.2');
    const alike = { ...headers, date: '', 'x-request-id': '' };
    return JSON.stringify([statusCode, alike, body]).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'the id of the request');
  };

  it('answers a token of nobody in particular for what is open to everybody, and enters it', async () => {
    const { version } = await openTo('public/*');
    const answer = await ask(['repository:public/app:pull']);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).not.toHaveProperty('refresh_token');
    const claims = identity.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
    expect(claims).toMatchObject({
      ...{ sub: 'anonymous:anonymous', name: 'anonymous', acct: installation.accountId },
      access: [{ type: 'repository', name: 'public/app', actions: ['pull'], inc: 0 }],
      ver: { [`anonymous-access:${id}`]: version },
    });
    expect(claims).not.toHaveProperty('groups');
    expect((await identity.entries()).at(-1)).toMatchObject({
      ...{ event: 'token-issued', outcome: 'allowed', asked: 'repository:public/app:pull offline_token=true' },
      actor: { id: 'anonymous:anonymous', name: 'anonymous' },
      decidedBy: [{ ref: `anonymous-access:${id}`, version }],
    });
  });

  it('S2-13 gives a pull and nothing more, whatever is asked beside it', async () => {
    await openTo('public/*');
    const answer = await ask(['repository:public/app:*', 'repository:team/app:pull', 'registry:catalog:*']);
    const { access } = identity.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
    expect(access).toEqual([{ type: 'repository', name: 'public/app', actions: ['pull'], inc: 0 }]);
  });

  it('B1 challenges alike for all that is not open, whether it exists or not', async () => {
    await openTo('public/*');
    const challenge = await challengeOf();
    expect(challenge).toMatch(/^\[401,/);
    for (const scope of [
      ...['repository:team/app:pull', 'repository:public-evil/app:pull', 'repository:public:pull'],
      ...['repository:public/app:push', 'repository:public/app:delete,metadata_read', 'registry:catalog:*'],
    ]) {
      expect(await challengeOf(scope)).toBe(challenge);
    }
  });

  it('D22 is over at once when it is no longer open', async () => {
    await openTo('public/*');
    const { token } = (await ask(['repository:public/app:pull'])).json<{ token: string }>();
    const { ver, iat } = identity.verifier().verifyAccess(token, loginServer);
    expect((await identity.accessState()).refusedBy(ver, iat)).toBeNull();
    await openTo('other/*');
    expect((await identity.accessState()).refusedBy(ver, iat)).toBe(`anonymous-access:${id}`);
    expect((await ask(['repository:public/app:pull'])).statusCode).toBe(401);
  });

  it('is bounded for each source address, and for no other', async () => {
    await openTo('public/*');
    const statuses = new Set<number>();
    for (let n = 0; n < 25; n++) {
      const answer = await ask(['repository:public/app:pull'], '192.0.2.3');
      statuses.add(answer.statusCode);
      if (answer.statusCode === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect([...statuses]).toEqual([200, 429]);
    expect((await ask(['repository:public/app:pull'], '192.0.2.4')).statusCode).toBe(200);
  });

  it('logs nobody in to management', async () => {
    const answer = await identity.logIn('anonymous:anonymous');
    expect(answer.statusCode).toBe(401);
  });
});
