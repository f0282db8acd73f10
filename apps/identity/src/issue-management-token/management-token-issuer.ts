import { managementAudience } from '@berth/contracts';
import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { ActiveSigner } from '../active-signer.js';
import { SETTINGS, type Settings } from '../settings.js';
import type { User } from '../user.js';

/** How long a management token lives: about as long as a change of the caller's rights may take to bite. */
export const managementTokenSeconds = 60;

/** Makes and signs management tokens. */
@Injectable()
export class ManagementTokenIssuer {
  constructor(
    private readonly signer: ActiveSigner,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError 'unavailable' while there is no signing key */
  issue({ id, account, name, operator, version }: User): string {
    const now = secondsOf(this.clock());
    return this.signer.current.sign('management', {
      iss: this.settings.publicUrl,
      sub: `user:${id}`,
      name,
      acct: account,
      iat: now,
      nbf: now,
      exp: now + managementTokenSeconds,
      jti: randomUUID(),
      ver: { [`user:${id}`]: version },
      aud: managementAudience,
      groups: [],
      operator,
    });
  }
}
