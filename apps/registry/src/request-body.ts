import type { IncomingMessage } from 'node:http';
import { ociError } from '@berth/oci';

/** Whether a request has a body at all, as its headers say. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
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

/**
 * Reads a whole body that must be small.
 *
 * @throws AppError 'too-large' MANIFEST_INVALID as soon as it is longer than `maxBytes`; as {@link bodyOf}
 */
export async function readSmallBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (announced > maxBytes) throw tooLarge(maxBytes);
  for await (const chunk of bodyOf(request)) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(maxBytes: number): Error {
  const message = `manifest invalid: larger than ${maxBytes} bytes`;
  return ociError({ code: 'MANIFEST_INVALID', kind: 'too-large', message });
}
