import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Database } from '@berth/persistence';
import { waitFor } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, type IdentityReplica, type StoppedClock } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';
import type { PolicyStandIn } from '../policy-stand-in.suite.js';
import { ImportTokens } from './import-tokens.js';
import { installation } from '@berth/contracts';
import type { Caller } from '@berth/http';

describe('an import as it streams', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let policy: PolicyStandIn;
  let clock: StoppedClock;
  let port = 0;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) =>
      policy.setScopeMap('fleet-read', ['repositories/samples/hello-world/content/read']),
    );
    ({ identity, policy, clock } = place);
    await identity.app.listen(0, '127.0.0.1');
    // A server that listens on a port has an address of this form.
    port = (identity.app.getHttpServer().address() as AddressInfo).port;
  });
  afterAll(() => place.stop());

  async function admin(): Promise<Caller> {
    const { token } = (await identity.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    const ref = `user:${installation.adminUserId}`;
    const [address, userAgent, traceId] = [undefined, undefined, undefined];
    const { accountId: account } = installation;
    return { ref, name: 'admin', account, groups: [], operator: true, token, address, userAgent, traceId };
  }

  async function open(id: string): Promise<{ call: ClientRequest; answer: Promise<IncomingMessage> }> {
    const { token } = (await identity.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    const call = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: `/api/v1/registries/local/tokens:import?id=${id}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    });
    const answer = new Promise<IncomingMessage>((resolve, reject) => call.on('response', resolve).on('error', reject));
    return { call, answer };
  }

  const linesOf = (prefix: string, from: number, count: number) =>
    Array.from(
      { length: count },
      (_, at) => `${JSON.stringify({ name: `${prefix}-${from + at}-x`, scopeMap: 'fleet-read' })}\n`,
    ).join('');

  async function stored(prefix: string): Promise<number> {
    const [row] = await identity.app
      .get(Database)
      .query<{ count: number }>(`select count(*) as count from token where name like $1`, [`${prefix}-%`]);
    return row?.count ?? 0;
  }

  it('answers a batch while the next is still being sent, and leaves whole batches when the connection breaks', async () => {
    const { call, answer } = await open('broken');
    call.write(linesOf('broken', 1, 1000));
    const answers = createInterface({ input: await answer });
    const told: string[] = [];
    answers.on('line', (line) => told.push(line)).on('error', () => undefined);
    await waitFor('the first batch', { withinMs: 20_000 }, () => Promise.resolve(told.length === 1000 || null));
    call.write(linesOf('broken', 1001, 500));
    call.destroy();
    const goOn = await open('broken');
    goOn.call.end(linesOf('broken', 1, 1500));
    goOn.answer.then((message) => message.resume()).catch(() => undefined);
    await waitFor('the rest', { withinMs: 20_000 }, async () => (await stored('broken')) === 1500 || null);
    const lost = await identity.app
      .get(Database)
      .query<{ asked: string }>(
        `select data->>'asked' as asked from outbox where key = 'token-import:broken' order by id`,
      );
    expect(lost.map(({ asked }) => asked)).toEqual([
      'lines 1 to 1000: 1000 tokens created, 0 again',
      'lines 1 to 1000: 0 tokens created, 1000 again',
      'lines 1001 to 1500: 500 tokens created, 0 again',
    ]);
  });

  it('reads no further while nobody takes the answer', async () => {
    let pieces = 0;
    async function* body() {
      for (;;) {
        pieces += 1;
        yield await Promise.resolve(Buffer.from(linesOf(`slow${pieces}`, 1, 500)));
      }
    }
    const answers = identity.app
      .get(ImportTokens)
      .execute(await admin(), { registry: 'local', id: 'slow', from: 1, body: body() });
    await answers.next();
    expect(pieces).toBe(2);
    await answers.return(undefined);
  });

  it('goes on for longer than a management token lives, and asks policy with one that is good', async () => {
    const repositories = [{ name: 'late/*', actions: ['pull'] }];
    async function* body() {
      yield await Promise.resolve(Buffer.from(linesOf('long', 1, 1000)));
      clock.advance(90_000);
      yield Buffer.from(`${JSON.stringify({ name: 'long-1001', repositories })}\n`);
    }
    const answers: string[] = [];
    const call = { registry: 'local', id: 'long', from: 1, body: body() };
    for await (const answer of identity.app.get(ImportTokens).execute(await admin(), call)) answers.push(answer);
    expect(answers[1]).toMatch(/^{"name":"long-1001","slot":1,"password":"brt_/);
    const sent = policy.callers.at(-1)?.replace('Bearer ', '') ?? '';
    expect(identity.verifier().verifyManagement(sent).name).toBe('admin');
  });

  it('ends when its caller is taken away', async () => {
    const caller = await admin();
    async function* body() {
      yield await Promise.resolve(Buffer.from(linesOf('ended', 1, 1000)));
      const raisedAt = new Date(clock.read()).toISOString();
      const version = Number.MAX_SAFE_INTEGER;
      (await identity.accessState()).applyMinimum({ subject: caller.ref, account: caller.account, version, raisedAt });
      yield Buffer.from(linesOf('ended', 1001, 1000));
    }
    const answers = identity.app
      .get(ImportTokens)
      .execute(caller, { registry: 'local', id: 'ended', from: 1, body: body() });
    await answers.next();
    await expect(answers.next()).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect(await stored('ended')).toBe(1000);
  });
});
