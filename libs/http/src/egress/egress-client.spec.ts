import type { LookupAddress } from 'node:dns';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EgressAllow } from './egress-allow.js';
import { EgressClient, type EgressClientOptions } from './egress-client.js';

let server: Server;
let port: number;
let asked: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  answer = (_, response) => response.end('here');
  server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const clientWith = (allowed: readonly string[], options: Partial<EgressClientOptions> = {}) =>
  new EgressClient({ allow: new EgressAllow(allowed), ...options });
const loopback = (options: Partial<EgressClientOptions> = {}) => clientWith(['127.0.0.0/8'], options);
const url = (host = '127.0.0.1') => `http://${host}:${port}/path?query`;

/** A name that stands for each of these addresses in turn, as one does whose owner rebinds it. */
function changingName(...addresses: readonly string[]) {
  let turn = 0;
  return (): Promise<readonly LookupAddress[]> => {
    const address = addresses[Math.min(turn, addresses.length - 1)] ?? '';
    turn += 1;
    return Promise.resolve([{ address, family: 4 }]);
  };
}

describe('EgressClient', () => {
  it('gives a whole answer, whatever its status', async () => {
    answer = (_, response) => response.writeHead(404, { 'X-Name': 'value' }).end('not here');
    const { status, headers, body } = await loopback().send({ url: url() });
    expect([status, headers['x-name'], body.toString()]).toEqual([404, 'value', 'not here']);
  });

  it('sends method, headers and body', async () => {
    const received = new Promise<string>((resolve) => {
      answer = (request, response) => {
        let text = '';
        request.on('data', (part: Buffer) => (text += part.toString()));
        request.on('end', () => {
          response.end();
          resolve(text);
        });
      };
    });
    await loopback().send({ url: url(), method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'said' });
    expect(await received).toBe('said');
    expect([asked[0]?.method, asked[0]?.url, asked[0]?.headers['content-type']]).toEqual([
      'POST',
      '/path?query',
      'text/plain',
    ]);
  });

  it('H1 never connects to what the operator did not allow', async () => {
    await expect(clientWith([]).send({ url: url() })).rejects.toMatchObject({ code: 'address-not-allowed' });
    await expect(clientWith(['10.0.0.0/8']).send({ url: url('localhost') })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'egress-not-allowed',
    });
    expect(asked).toEqual([]);
  });

  it('H2 checks the address that it connects to: a name that was good and now stands for this machine is refused', async () => {
    const resolve = changingName('203.0.114.9', '127.0.0.1');
    await resolve();
    const client = clientWith(['203.0.114.0/24'], { resolve });
    await expect(client.send({ url: url('rebound.example') })).rejects.toMatchObject({ code: 'egress-not-allowed' });
    expect(asked).toEqual([]);
  });

  it('H2 looks a name up once: what it checked is what it connects to', async () => {
    const client = loopback({ resolve: changingName('127.0.0.1', '203.0.114.9') });
    expect((await client.send({ url: url('rebound.example') })).status).toBe(200);
    expect(asked[0]?.headers.host).toBe(`rebound.example:${port}`);
  });

  it('connects to the allowed ones of several addresses', async () => {
    const resolve = () =>
      Promise.resolve([
        { address: '10.0.0.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    expect((await loopback({ resolve }).send({ url: url('several.example') })).status).toBe(200);
  });

  it('H3 follows no redirect', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    await expect(loopback().send({ url: url() })).rejects.toMatchObject({ code: 'egress-redirect' });
    expect(asked).toHaveLength(1);
  });

  it('H4 ends an answer that is larger than allowed, whether it says so or not', async () => {
    const client = loopback({ maxBytes: 1000 });
    answer = (_, response) => response.writeHead(200, { 'content-length': '1001' }).end('x'.repeat(1001));
    await expect(client.send({ url: url() })).rejects.toMatchObject({ code: 'egress-too-large' });
    const ended = new Promise((resolve) => {
      answer = (_, response) => {
        const part = Buffer.alloc(64 * 1024);
        const more = () => {
          while (response.write(part));
        };
        response.on('drain', more).on('close', () => resolve('cut off'));
        more();
      };
    });
    await expect(client.send({ url: url() })).rejects.toMatchObject({ code: 'egress-too-large' });
    expect(await ended).toBe('cut off');
  });

  it('H4 ends an answer that never comes, or comes a byte at a time', async () => {
    const client = loopback({ timeoutMs: 100 });
    answer = () => undefined;
    await expect(client.send({ url: url() })).rejects.toMatchObject({ code: 'egress-timeout' });
    answer = (_, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    };
    await expect(client.send({ url: url() })).rejects.toMatchObject({ code: 'egress-timeout' });
  });

  it('H4 ends a look-up that never ends', async () => {
    const client = loopback({ timeoutMs: 50, resolve: () => new Promise(() => undefined) });
    await expect(client.send({ url: url('silent.example') })).rejects.toMatchObject({ code: 'egress-timeout' });
  });

  it('H7 asks for nothing packed, and refuses what is', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    await expect(loopback().send({ url: url() })).rejects.toMatchObject({ code: 'egress-encoded' });
    expect(asked[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('says nothing to callers of what it found out about the network', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const refused = await loopback()
      .send({ url: url() })
      .catch((e: unknown) => e);
    expect(refused).toMatchObject({ kind: 'unavailable', code: 'egress-failed' });
    expect(String(refused)).not.toContain('ECONNREFUSED');
  });
});
