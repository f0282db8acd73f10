import type { IncomingMessage } from 'node:http';
import { ociError } from '@berth/oci';

/** Whether a request has a body at all, as its headers say. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** How long a request says that its body is; null = it doesn't say. Node sees to it that it isn't longer. */
export function announcedBytes({ headers }: IncomingMessage): number | null {
  if (headers['transfer-encoding'] !== undefined || headers['content-length'] === undefined) return null;
  return Number(headers['content-length']);
}

/**
 * The body as it arrives, chunk by chunk, never collected. Whoever stops reading early leaves the connection alone, so
 * that it can still carry the answer.
 *
 * @throws AppError 'malformed' BLOB_UPLOAD_INVALID when the connection breaks before the end of the body
 */
export async function* bodyOf(request: IncomingMessage): AsyncIterable<Uint8Array> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw ociError({ code: 'BLOB_UPLOAD_INVALID', message: 'the connection broke before the end of the body', cause });
  }
}

/** What a small body may have. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** From now until its end, milliseconds. */
  readonly maxMs: number;
}

/**
 * Reads a whole body that must be small and there soon.
 *
 * @throws AppError 'too-large' MANIFEST_INVALID as soon as it is longer than `maxBytes`; 'malformed' MANIFEST_INVALID when
 *   it isn't complete after `maxMs`; as {@link bodyOf}
 */
export async function readSmallBody(request: IncomingMessage, { maxBytes, maxMs }: BodyLimits): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const isOver = new AbortController();
  const timer = setTimeout(() => {
    isOver.abort();
    reject(tooSlow(maxMs));
  }, maxMs);
  try {
    return await Promise.race([collect(request, maxBytes, isOver.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Takes nothing more in once it is over. */
async function collect(request: IncomingMessage, maxBytes: number, over: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(request)) {
    if (over.aborted) break;
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooSlow(maxMs: number): Error {
  const message = `manifest invalid: not complete after ${maxMs / 1000} s`;
  return ociError({ code: 'MANIFEST_INVALID', message });
}

function tooLarge(maxBytes: number): Error {
  const message = `manifest invalid: larger than ${maxBytes} bytes`;
  return ociError({ code: 'MANIFEST_INVALID', kind: 'too-large', message });
}
