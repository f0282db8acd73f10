import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { uploadBodyOf } from './upload-body.js';

describe('the body of an upload', () => {
  it('E13 breaks when its client falls silent, what it sent before is there', async () => {
    const { promise, resolve } = Promise.withResolvers<{ bytes: number; error: unknown }>();
    const server = createServer((request) => void readAll(request).then(resolve));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const sent = httpRequest({ port, host: '127.0.0.1', method: 'PATCH', headers: { 'content-length': 1000 } });
    sent.on('error', () => undefined);
    sent.write('a few');
    const { bytes, error } = await promise;
    expect(bytes).toBe(5);
    expect(error).toMatchObject({ code: 'BLOB_UPLOAD_INVALID' });
  });
});

async function readAll(request: IncomingMessage): Promise<{ bytes: number; error: unknown }> {
  let bytes = 0;
  try {
    for await (const chunk of uploadBodyOf(request, 50)) bytes += chunk.byteLength;
    return { bytes, error: null };
  } catch (error) {
    return { bytes, error };
  }
}
