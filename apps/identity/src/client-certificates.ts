import { clientCertificateHeader, isTrustedHop, type TrustedHops } from '@berth/http';
import { isAppError } from '@berth/errors';
import type { FastifyRequest } from 'fastify';
import { maxCertificateLength, readClientCertificate, type ClientCertificate } from './client-certificate.js';

/** Tells with which certificate clients came, believing only those hops that are trusted. */
export class ClientCertificates {
  constructor(private readonly trusted: TrustedHops) {}

  /**
   * The certificate whose key the client has, as the hop before this one found out when it ended TLS: PEM, percent-encoded.
   * Null for none, for one that can't be read or isn't for clients, and whatever a hop says that isn't trusted.
   */
  of(request: FastifyRequest): ClientCertificate | null {
    const header = request.headers[clientCertificateHeader];
    if (typeof header !== 'string' || header === '' || header.length > 3 * maxCertificateLength) return null;
    return isTrustedHop(request, this.trusted) ? certificateIn(header) : null;
  }
}

function certificateIn(header: string): ClientCertificate | null {
  try {
    return readClientCertificate(decodeURIComponent(header));
  } catch (e) {
    if (e instanceof URIError || (isAppError(e) && e.kind === 'malformed')) return null;
    throw e;
  }
}
