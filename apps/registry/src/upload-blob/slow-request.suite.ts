import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { vi } from 'vitest';
import type { TestRegistry } from '../registry.suite.js';

/** What was answered to a slow request. */
export interface SlowAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What is sent; without `bytes` in chunks of any number. */
interface SlowSending {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly bytes?: number;
  /** `Content-Range`. */
  readonly range?: string;
}

/** A request whose body is sent piece by piece, as the spec wants it. */
export class SlowRequest {
  private constructor(
    private readonly sent: ClientRequest,
    private readonly answered: Promise<[IncomingMessage]>,
  ) {
    // Whether anybody waits for the answer or not.
    answered.catch(() => undefined);
  }

  static begin(registry: TestRegistry, { method, path, token, bytes, range }: SlowSending): SlowRequest {
    const length = bytes === undefined ? {} : { 'content-length': bytes };
    const ranged = range === undefined ? {} : { 'content-range': range };
    const type = 'application/octet-stream';
    const headers = { authorization: `Bearer ${token}`, 'content-type': type, ...length, ...ranged };
    const sent = httpRequest(`${registry.url}${path}`, { method, headers });
    // A connection that is cut is what some specs are about.
    sent.on('error', () => undefined);
    if (bytes !== undefined) sent.flushHeaders();
    return new SlowRequest(sent, once(sent, 'response') as Promise<[IncomingMessage]>);
  }

  /** Sends bytes, and leaves the rest open. */
  send(bytes: Uint8Array): void {
    this.sent.write(bytes);
  }

  end(bytes?: Uint8Array): void {
    this.sent.end(bytes);
  }

  /** Breaks the connection in the middle of the body. */
  break(): void {
    this.sent.destroy();
  }

  async answer(): Promise<SlowAnswer> {
    const [answer] = await this.answered;
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) };
  }
}

/** Waits until the upload's bytes in the store are so many, with those that don't count yet. */
export async function untilStored(sizeOf: () => number, bytes: number): Promise<void> {
  await vi.waitFor(() => {
    if (sizeOf() < bytes) throw new Error(`only ${sizeOf()} of ${bytes} bytes are stored`);
  });
}
