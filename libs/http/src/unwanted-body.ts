import type { IncomingMessage } from 'node:http';

/** A client that reads the answer stops sending; one that doesn't is cut off. */
const maxUnwantedBytes = 64 * 1024 * 1024;

/**
 * Throws away what a client still sends of a body that was answered before it was read to its end. A connection that were
 * closed instead could lose the answer on its way: the client would see a broken pipe, not why.
 */
export function throwAwayRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  // A pipe that waits for its reader would hold it up.
  request.unpipe();
  let left = maxUnwantedBytes;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.on('error', () => request.destroy());
  request.resume();
}
