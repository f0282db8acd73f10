import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { isInternal, type InternalKeys } from './internal-key.js';

/** Peers whose `X-Forwarded-For` is believed, as addresses and networks. */
export function trustedProxies(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
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

function isTrusted(peer: string, proxies: BlockList): boolean {
  const address = plain(peer) ?? '';
  return isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** An IPv4 peer of a dual-stack socket, without its IPv6 clothes. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') === true ? address.slice('::ffff:'.length) : address;
}
