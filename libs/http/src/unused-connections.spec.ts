import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { fastify, type FastifyInstance } from 'fastify';
import { expect, it, vi } from 'vitest';
import { closeUnusedConnections } from './unused-connections.js';

async function listening(prepare: (server: FastifyInstance) => void = () => undefined) {
  const server = fastify({ forceCloseConnections: 'idle', keepAliveTimeout: 75_000 });
  closeUnusedConnections(server);
  prepare(server);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  return { server, port };
}

it('a stop does not wait for a connection on which no request ever came', async () => {
  const { server, port } = await listening();
  const arrived = once(server.server, 'connection');
  const socket = connect(port, '127.0.0.1');
  await arrived;
  const closed = once(socket, 'close');
  socket.resume();
  await server.close();
  await closed;
});

it('a stop answers what is under way and does not wait for its connection afterwards', async () => {
  const body = new PassThrough();
  const { server, port } = await listening((made) => made.get('/', (_, reply) => reply.send(body)));
  const agent = new Agent({ keepAlive: true });
  body.write('the ');
  const [answer] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
  const closing = server.close();
  await vi.waitFor(() => expect(server.server.listening).toBe(false));
  body.end('end');
  answer.setEncoding('utf8');
  expect((await answer.toArray()).join('')).toBe('the end');
  await closing;
  agent.destroy();
});
