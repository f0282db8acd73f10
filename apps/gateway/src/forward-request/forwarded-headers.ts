import { clientCertificateHeader, internalHeader } from '@berth/http';
import type { IncomingHttpHeaders } from 'node:http';

/** What only this installation may say to its services; from outside it is somebody's claim. */
const claims = new Set([
  internalHeader,
  clientCertificateHeader,
  'forwarded',
  'x-real-ip',
  'x-client-cert',
  'x-ssl-client-cert',
  'x-client-verify',
  'x-ssl-client-verify',
]);

/** Headers of one connection, which end at it (RFC 9110 section 7.6.1); `expect` is answered here. */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
]);

/** What the gateway itself says of a request. */
export interface GatewayWords {
  readonly internalKey: string;
  readonly clientAddress: string | undefined;
  /** As a trusted proxy found it; null = none did. */
  readonly clientCertificate: string | null;
  /** Replaces the caller's credentials on management routes. */
  readonly managementToken: string | null;
  /** Whether the client's cookies go along. */
  readonly withCookies: boolean;
}

/**
 * The headers with which a request goes on: the client's, less what only this installation may say, with the gateway's own
 * words in their place. `Host` stays what the client sent: it names the registry.
 */
export function forwardedHeaders(headers: IncomingHttpHeaders, words: GatewayWords): IncomingHttpHeaders {
  const forwarded: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (claims.has(name) || ofConnection.has(name) || name.startsWith('x-forwarded-')) continue;
    if (name === 'cookie' && !words.withCookies) continue;
    forwarded[name] = value;
  }
  forwarded[internalHeader] = words.internalKey;
  if (words.clientAddress !== undefined) forwarded['x-forwarded-for'] = words.clientAddress;
  if (words.clientCertificate !== null) forwarded[clientCertificateHeader] = words.clientCertificate;
  if (words.managementToken !== null) forwarded.authorization = `Bearer ${words.managementToken}`;
  return forwarded;
}

/**
 * The headers with which an answer goes back: the service's, less those of its connection to the gateway. Without this a
 * client that asks for the connection to be closed would wait for an end that never comes.
 */
export function answeredHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)));
}
