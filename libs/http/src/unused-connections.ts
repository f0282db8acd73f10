import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';

const sweepEveryMs = 50;

/**
 * Closes connections that nobody uses when a service stops; requests under way are answered. Node closes those that are
 * idle at that moment and then waits for the others, for ever if need be:
 *
 * - one on which no request ever came, which a client opened to have it ready, counts neither as idle nor as overdue;
 * - one whose answer ends a moment later stays open until its client lets go of it.
 */
export function closeUnusedConnections(fastify: FastifyInstance): void {
  const { server } = fastify;
  const unused = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => unused.delete(socket));
  fastify.addHook('preClose', (done) => {
    for (const socket of unused) socket.destroy();
    const sweep = setInterval(() => server.closeIdleConnections(), sweepEveryMs);
    server.once('close', () => clearInterval(sweep));
    done();
  });
}
