import { hash, X509Certificate } from 'node:crypto';
import { AppError } from '@berth/errors';

/** What of a client certificate counts. */
export interface ClientCertificate {
  /** Over the whole DER: nothing in the certificate is believed that this doesn't cover. */
  readonly sha256: Buffer;
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Longest certificate that is looked at, in characters of PEM. */
export const maxCertificateLength = 16 * 1024;

/** @source RFC 5280 section 4.2.1.12, id-kp-clientAuth and anyExtendedKeyUsage */
const clientUsages = new Set(['1.3.6.1.5.5.7.3.2', '2.5.29.37.0']);

const onePem = /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

/**
 * Reads the certificate that a client may log in with. Who signed it doesn't count: it was put on the token by somebody who
 * may.
 *
 * @param pem exactly one certificate
 * @throws AppError 'malformed' with code `invalid-certificate` when it is none, or is not for clients
 */
export function readClientCertificate(pem: string): ClientCertificate {
  if (pem.length > maxCertificateLength || !onePem.test(pem)) throw invalid('pem: must be one certificate in PEM');
  const certificate = parsed(pem);
  const usages: readonly string[] | undefined = certificate.keyUsage;
  if (usages?.some((usage) => clientUsages.has(usage)) === false) {
    throw invalid('pem: the certificate is not for clients (its extended key usage lacks clientAuth)');
  }
  return {
    sha256: hash('sha256', certificate.raw, 'buffer'),
    subject: certificate.subject.replaceAll('\n', ', ').slice(0, 300),
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  };
}

function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw invalid('pem: can not be read', cause);
  }
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError({ kind: 'malformed', code: 'invalid-certificate', message, cause });
}
