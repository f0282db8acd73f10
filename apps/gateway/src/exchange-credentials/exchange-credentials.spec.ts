import { InternalClient } from '@berth/http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExchangeCredentials } from './exchange-credentials.js';

const from = { address: '127.0.0.1', userAgent: 'curl' };

let identity: Server;
let asked: string[];
let answer: { status: number; body: unknown };

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: { token: 'management', expiresInSeconds: 60 } };
  identity = createServer((request, response) => {
    asked.push(request.headers.authorization ?? '');
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => identity.listen(0, '127.0.0.1', resolve));
});
afterEach(() => identity.close());

function exchange() {
  const { port } = identity.address() as AddressInfo;
  const client = new InternalClient({ service: 'identity', baseUrls: [`http://127.0.0.1:${port}`], key: 'k' });
  return new ExchangeCredentials(client);
}

describe('ExchangeCredentials', () => {
  it('asks identity once for a header, also for requests that arrive together', async () => {
    const credentials = exchange();
    await Promise.all([credentials.tokenFor('Basic a', from), credentials.tokenFor('Basic a', from)]);
    expect(await credentials.tokenFor('Basic a', from)).toBe('management');
    expect(asked).toEqual(['Basic a']);
  });

  it('asks anew for another header', async () => {
    const credentials = exchange();
    await credentials.tokenFor('Basic a', from);
    await credentials.tokenFor('Basic b', from);
    expect(asked).toEqual(['Basic a', 'Basic b']);
  });

  it('asks anew from another address: that is another log-in', async () => {
    const credentials = exchange();
    await credentials.tokenFor('Basic a', from);
    await credentials.tokenFor('Basic a', { ...from, address: '192.0.2.9' });
    expect(asked).toHaveLength(2);
  });

  it('never remembers a refusal', async () => {
    const credentials = exchange();
    answer = { status: 401, body: { detail: 'wrong', code: 'wrong-credentials' } };
    await expect(credentials.tokenFor('Basic a', from)).rejects.toMatchObject({ kind: 'unauthenticated' });
    answer = { status: 200, body: { token: 'management', expiresInSeconds: 60 } };
    expect(await credentials.tokenFor('Basic a', from)).toBe('management');
  });

  it('does not remember a token that is about to end', async () => {
    const credentials = exchange();
    answer = { status: 200, body: { token: 'short', expiresInSeconds: 5 } };
    await credentials.tokenFor('Basic a', from);
    await credentials.tokenFor('Basic a', from);
    expect(asked).toHaveLength(2);
  });

  it('says that identity is away, which is no refusal', async () => {
    const credentials = exchange();
    await new Promise((resolve) => identity.close(resolve));
    await expect(credentials.tokenFor('Basic a', from)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
