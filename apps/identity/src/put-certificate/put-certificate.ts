import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { Inject, Injectable } from '@nestjs/common';
import { CertificateChanges } from '../certificate-changes.js';
import type { ClientCertificate } from '../client-certificate.js';
import { KnownTokens } from '../known-tokens.js';
import { requireNotPersonal } from '../personal-token.js';
import type { TokenCertificate } from '../token-certificate.js';
import type { PasswordAddress } from '../token-address.js';

/** Gives a token one of its two certificates, or replaces it. */
@Injectable()
export class PutCertificate {
  constructor(
    private readonly tokens: KnownTokens,
    private readonly changes: CertificateChanges,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError 'not-found' (registry, token), 'denied' (may not write tokens, or doesn't hold all that this one has),
   *   'malformed' for a certificate that has ended, 'conflict' when another token has it or with code `personal-token`
   *   for somebody's own, 'unavailable' without Postgres
   */
  async execute(
    caller: Caller,
    { given, slot, ...address }: PasswordAddress & { readonly given: ClientCertificate },
  ): Promise<TokenCertificate> {
    if (given.notAfterMs <= this.clock()) {
      throw new AppError({ kind: 'malformed', code: 'past-end', message: 'pem: the certificate has ended' });
    }
    return this.tokens.change(caller, address, async (tx, by, token) => {
      requireNotPersonal(token);
      await this.tokens.requireHeld(by, token);
      return this.changes.put(tx, by, { token, slot, given });
    });
  }
}
