import { isIP, type BlockList } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { isInternal, type InternalKeys } from './internal-key.js';
import { isInNetworks, networkList } from './networks.js';

/** Peers whose `X-Forwarded-For` is believed, as addresses and networks. */
export function trustedProxies(networks: readonly string[]): BlockList {
  return networkList(networks);
}

/** Whom a service believes about where a request came from. */
export interface TrustedHops {
  readonly internalKeys: InternalKeys;
  readonly proxies: BlockList;
}

/**
 * Where a request came from: the last address of `X-Forwarded-For` when the peer is our gateway (it knows the internal
 * key) or a trusted proxy; else the socket's own. Undefined when the socket is gone.
 */
export function clientAddress(request: FastifyRequest, trusted: TrustedHops): string | undefined {
  const peer = request.raw.socket.remoteAddress;
  const forwarded = request.headers['x-forwarded-for'];
  if (typeof forwarded !== 'string' || peer === undefined) return plain(peer);
  const isBelieved = isInternal(request, trusted.internalKeys) || isTrusted(peer, trusted.proxies);
  const last = forwarded.split(',').at(-1)?.trim() ?? '';
  return plain(isBelieved && isIP(last) !== 0 ? last : peer);
}

/**
 * Header with the certificate of a client whose connection a proxy ended: PEM, percent-encoded, as nginx writes
 * `$ssl_client_escaped_cert`. The gateway takes it from trusted proxies alone.
 */
export const clientCertificateHeader = 'berth-client-certificate';

/** Whether what the peer says of a request is believed: our gateway (it knows the internal key) and trusted proxies. */
export function isTrustedHop(request: FastifyRequest, trusted: TrustedHops): boolean {
  const peer = request.raw.socket.remoteAddress;
  return isInternal(request, trusted.internalKeys) || (peer !== undefined && isTrusted(peer, trusted.proxies));
}

function isTrusted(peer: string, proxies: BlockList): boolean {
  return isInNetworks(proxies, plain(peer) ?? '');
}

/** An IPv4 peer of a dual-stack socket, without its IPv6 clothes. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') === true ? address.slice('::ffff:'.length) : address;
}
