import { AppError } from '@berth/errors';
import { isIP } from 'node:net';
import type { EgressAllow } from './egress-allow.js';
import { isPublicAddress } from './public-address.js';

const maxLength = 2048;

/**
 * An address that requests may be sent to, as far as can be told without looking its name up: https, or http where the
 * operator allows it; no user name, no fragment; a host that is not this machine or network by what it is written as.
 * Whatever a number is written as (`127.1`, `0x7f000001`), it is read as the URL standard reads it.
 *
 * @throws AppError 'malformed' with code `address-not-allowed`
 * @source WHATWG URL, "Host parsing"
 */
export function egressAddress(text: string, allow: EgressAllow): URL {
  if (text.length > maxLength || !URL.canParse(text)) throw notAllowed('it is not the address of a server');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw notAllowed('it must begin with https://');
  if (url.username !== '' || url.password !== '') throw notAllowed('it must hold no user name');
  if (url.hash !== '') throw notAllowed('it must hold no fragment');
  const host = hostOf(url);
  const isAllowed = allow.allowsHost(host) || allow.allowsAddress(host);
  if (isAllowed) return url;
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw notAllowed('it is not on the public internet');
  if (/(^|\.)localhost\.?$/i.test(host) && !allow.hasNetworks) throw notAllowed('it is not on the public internet');
  const mayBeAllowed = isIP(host) === 0 && allow.hasNetworks;
  if (url.protocol === 'http:' && !mayBeAllowed) throw notAllowed('it must begin with https://');
  return url;
}

/** Whether a connection of a URL may go to an address that its name was looked up to. */
export function mayConnect(url: URL, address: string, allow: EgressAllow): boolean {
  if (allow.allowsHost(hostOf(url)) || allow.allowsAddress(address)) return true;
  return url.protocol === 'https:' && isPublicAddress(address);
}

/** The host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function notAllowed(why: string): AppError {
  return new AppError({
    kind: 'malformed',
    code: 'address-not-allowed',
    message: `this address may not be used: ${why}`,
  });
}
