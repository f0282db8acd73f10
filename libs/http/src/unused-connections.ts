import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';

/**
 * Closes, at the stop of a service, connections on which no request ever came. Node counts them neither as idle nor as
 * overdue once the server is closing, so one that a client opened to have it ready would hold up the stop for ever.
 */
export function closeUnusedConnections(fastify: FastifyInstance): void {
  const unused = new Set<Socket>();
  fastify.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  fastify.server.on('request', ({ socket }) => unused.delete(socket));
  fastify.addHook('preClose', (done) => {
    for (const socket of unused) socket.destroy();
    done();
  });
}
