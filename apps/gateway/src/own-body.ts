import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { throwAwayRest } from '@berth/http';

/**
 * A client's body as a stream of its own, for forwarding. A service that answers before it has read all of it ends this
 * stream, and not the client's connection, on which its answer is still to go.
 */
export function ownBody(received: IncomingMessage): Readable {
  const body = new PassThrough();
  received.pipe(body);
  received.once('close', () => {
    if (!received.readableEnded) body.destroy(new Error('the client broke off'));
  });
  // Whoever reads it hears of it; nobody may be reading any more.
  body.on('error', () => undefined);
  body.once('close', () => {
    received.unpipe(body);
    throwAwayRest(received);
  });
  return body;
}
