import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { close, listen, startGateway, urlOf } from './gateway.suite.js';

const mebibyte = 1024 * 1024;
const bodyMebibytes = 256;

/** What a stalled body may fill on its way: the kernel's buffers of two connections, and a few chunks. */
const mostOnTheWay = 32 * mebibyte;

let registry: Server;
let app: NestFastifyApplication;

/** A large body that counts what was taken of it. */
class LargeBody extends Readable {
  taken = 0;

  override _read(): void {
    this.taken += mebibyte;
    this.push(this.taken > bodyMebibytes * mebibyte ? null : Buffer.alloc(mebibyte, 1));
  }
}

/** The registry's side of the next request. */
let serve: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  registry = await listen((request, response) => serve(request, response));
  ({ app } = await startGateway(['http://127.0.0.1:1'], { BERTH_REGISTRY_URL: [urlOf(registry)] }));
});

afterAll(async () => {
  await app.close();
  close(registry);
});

/** Resolves once nothing more is taken of a body: everything on its way is full. */
async function stalled(body: LargeBody): Promise<void> {
  let before = -1;
  await vi.waitFor(
    () => {
      const isStill = body.taken === before;
      before = body.taken;
      expect(isStill).toBe(true);
    },
    { timeout: 20_000, interval: 200 },
  );
}

async function bytesOf(stream: Readable): Promise<number> {
  let bytes = 0;
  for await (const part of stream) bytes += (part as Buffer).length;
  return bytes;
}

function send(method: string) {
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const request = httpRequest({ host: '127.0.0.1', port, method, path: '/v2/a/blobs/uploads/x' });
  const answer = new Promise<IncomingMessage>((resolve, reject) => request.on('response', resolve).on('error', reject));
  return { request, answer };
}

describe('a body of 256 MiB', () => {
  it('goes up only as fast as the registry takes it: the gateway holds none of it', async () => {
    const body = new LargeBody();
    const arrived = new Promise<number>((resolve) => {
      serve = (request, response) => {
        void stalled(body).then(async () => {
          expect(body.taken).toBeLessThan(mostOnTheWay);
          const bytes = await bytesOf(request);
          response.writeHead(202).end();
          resolve(bytes);
        });
      };
    });
    const { request, answer } = send('PATCH');
    await pipeline(body, request);
    expect(await arrived).toBe(bodyMebibytes * mebibyte);
    expect((await answer).statusCode).toBe(202);
  });

  it('comes down only as fast as the client takes it', async () => {
    const body = new LargeBody();
    serve = (_, response) => void pipeline(body, response).catch(() => undefined);
    const { request, answer } = send('GET');
    request.end();
    const coming = await answer;
    await stalled(body);
    expect(body.taken).toBeLessThan(mostOnTheWay);
    expect(await bytesOf(coming)).toBe(bodyMebibytes * mebibyte);
  });
});
