import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { lastUsedRequest } from '@berth/contracts';
import { internalHeader } from '@berth/http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IdentityReplica } from './identity-app.suite.js';
import { IdentityPlace } from './identity-place.suite.js';
import type { UsedTokenAnswer } from './last-uses.js';

type Answering = (principals: readonly string[], response: ServerResponse) => void;

const at = '2026-01-01T11:00:00.123Z';

describe('when a token was last used, which audit knows', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let audit: Server;
  let answering: Answering;
  let asked: string[][];

  beforeAll(async () => {
    audit = createServer((request, response) => void answer(request, response));
    await once(audit.listen(0, '127.0.0.1'), 'listening');
    const { port } = audit.address() as AddressInfo;
    place = await IdentityPlace.start(
      (policy) => policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']),
      { BERTH_AUDIT_URL: `http://127.0.0.1:${port}` },
    );
    ({ identity } = place);
    for (const name of ['used-token', 'unused-token', 'z-token']) {
      expect((await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' })).statusCode).toBe(201);
    }
  });
  afterAll(async () => {
    await place.stop();
    audit.closeAllConnections();
    audit.close();
  });
  beforeEach(() => {
    asked = [];
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { principals } = lastUsedRequest.parse(JSON.parse(await text(request)));
    expect([request.url, request.headers[internalHeader]]).toEqual(['/internal/last-used', expect.any(String)]);
    asked.push(principals);
    answering(principals, response);
  }

  async function shown(path: string): Promise<unknown> {
    const { statusCode, body, json } = await identity.manage('GET', path);
    expect(statusCode, body).toBe(200);
    return json();
  }
  const one = async (name: string) => (await shown(`/tokens/${name}`)) as UsedTokenAnswer;
  const list = async (query: string) => (await shown(`/tokens?${query}`)) as { items: UsedTokenAnswer[]; next: string };

  it('is shown with it and in the list, null for one that never was', async () => {
    answering = (_, response) => response.end(JSON.stringify({ lastUsed: [] }));
    const { id } = await one('used-token');
    answering = (_, response) => response.end(JSON.stringify({ lastUsed: [{ principal: `token:${id}`, at }] }));
    expect((await one('used-token')).lastUsedAt).toBe(at);
    expect((await one('unused-token')).lastUsedAt).toBeNull();
    asked = [];
    const { items, next } = await list('limit=2');
    expect(items.map(({ name, lastUsedAt }) => [name, lastUsedAt])).toEqual([
      ['unused-token', null],
      ['used-token', at],
    ]);
    expect(next).not.toBeNull();
    expect(asked).toEqual([items.map((token) => `token:${token.id}`)]);
    expect((await list('prefix=nothing-begins-so')).items).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Answering]>([
    ['does not answer within a second', () => undefined],
    ['breaks the connection', (_, response) => response.destroy()],
    ['refuses', (_, response) => response.writeHead(503).end()],
    ['says something else', (_, response) => response.end('{"lastUsed":"yesterday"}')],
  ])('is left out while audit %s, and everything else is shown', async (_what, silence) => {
    answering = silence;
    const token = await one('used-token');
    expect(token).toMatchObject({ name: 'used-token', scopeMap: 'readers' });
    const { items } = await list('');
    for (const each of [token, ...items]) expect(each).not.toHaveProperty('lastUsedAt');
    expect(items).toHaveLength(3);
    expect((await identity.app.inject('/health/ready')).statusCode).toBe(200);
  });
});
