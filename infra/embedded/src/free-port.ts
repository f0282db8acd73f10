import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { AppError } from '@berth/errors';

/** Below the range from which systems take ports for outgoing connections: one of those could be taken before its use. */
const lowestPort = 20_000;
const highestPort = 32_000;

/** A port is listened on only a moment after it was found: until then it must not be found again. */
const handedOut = new Set<number>();

/**
 * A loopback port that nobody listens on at the moment.
 *
 * @param preferred taken when it is free, so that a server keeps its address over restarts
 * @throws AppError 'unavailable' when 100 tries find none
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) return preferred;
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(lowestPort, highestPort);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isPortFree(port)) return port;
  }
  throw new AppError({
    kind: 'unavailable',
    message: `No free port between ${lowestPort} and ${highestPort} was found on this machine.`,
  });
}

/** Whether a server could listen on the port now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
