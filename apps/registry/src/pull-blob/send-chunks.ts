import type { ServerResponse } from 'node:http';
import type { OpenBlob } from '@berth/blob-store';
import type { FastifyReply } from 'fastify';

/** What became of a body. */
export interface SentBody {
  /** Bytes that the connection has taken. */
  readonly bytes: number;
  /** False when the connection, or the reading, broke before the end. */
  readonly isWhole: boolean;
  /** Why reading broke; null when it did not. */
  readonly error: unknown;
}

/**
 * Sends status and headers of the reply and then the chunks, each once the connection has taken the one before: its buffer
 * is used again. Throws what reading the first one throws, with nothing sent yet. The reply must say `content-length`; a body that turns out shorter, or can't be read to its end, breaks
 * the connection, so that nobody takes a part for the whole.
 */
export async function sendChunks(reply: FastifyReply, content: OpenBlob): Promise<SentBody> {
  const chunks = content[Symbol.asyncIterator]();
  // Before anything is sent: bytes that can't be read at all are an error that can still be answered.
  const first = await chunks.next();
  reply.hijack();
  const { raw } = reply;
  raw.statusCode = reply.statusCode;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  const { bytes, error } = await sendAll(raw, { first, chunks });
  const isWhole = error === null && bytes === Number(reply.getHeader('content-length'));
  if (isWhole) raw.end();
  else raw.destroy();
  return { bytes, isWhole, error };
}

interface BegunReading {
  readonly first: IteratorResult<Uint8Array>;
  readonly chunks: AsyncIterator<Uint8Array>;
}

async function sendAll(
  raw: ServerResponse,
  { first, chunks }: BegunReading,
): Promise<Pick<SentBody, 'bytes' | 'error'>> {
  const closed = Promise.withResolvers<false>();
  raw.once('close', () => closed.resolve(false));
  let bytes = 0;
  try {
    for (let next = first; next.done !== true; next = await chunks.next()) {
      const isTaken = await Promise.race([write(raw, next.value), closed.promise]);
      if (!isTaken) break;
      bytes += next.value.byteLength;
    }
    return { bytes, error: null };
  } catch (error) {
    return { bytes, error };
  } finally {
    await chunks.return?.();
  }
}

function write(raw: ServerResponse, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => raw.write(chunk, (e) => resolve(e === null || e === undefined)));
}
