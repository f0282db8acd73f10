import { instant } from '@berth/contracts';
import { z } from 'zod';
import { slotNumber } from './repository-token.js';
import type { TokenCertificate } from './token-certificate.js';

/** A certificate of a token as it is shown. */
export const certificateAnswer = z.strictObject({
  slot: slotNumber,
  /** Hexadecimal, over the whole DER. */
  sha256: z.string(),
  subject: z.string(),
  notBefore: instant,
  expiresAt: instant,
  createdAt: instant,
});

export type CertificateAnswer = z.infer<typeof certificateAnswer>;

export function answerOfCertificate(certificate: TokenCertificate): CertificateAnswer {
  const { slot, sha256, subject, notBeforeMs, notAfterMs, createdAtMs } = certificate;
  return {
    slot,
    sha256: sha256.toString('hex'),
    subject,
    notBefore: instantOf(notBeforeMs),
    expiresAt: instantOf(notAfterMs),
    createdAt: instantOf(createdAtMs),
  };
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
