import type { IncomingMessage } from 'node:http';
import { bodyOf } from '../request-body.js';

/** A connection that brings nothing for so long is ended, milliseconds. */
const maxSilenceMs = 60_000;

/** Of a request without a body. */
export async function* noBytes(): AsyncIterable<Uint8Array> {
  // No bytes.
}

/** As {@link bodyOf}, from a client that keeps sending; the connection of one that stops breaks. */
export async function* uploadBodyOf(request: IncomingMessage, silenceMs = maxSilenceMs): AsyncIterable<Uint8Array> {
  request.setTimeout(silenceMs);
  try {
    yield* bodyOf(request);
  } finally {
    request.setTimeout(0);
  }
}
