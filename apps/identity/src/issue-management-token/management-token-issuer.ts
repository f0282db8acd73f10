import { definitionKey, managementAudience } from '@berth/contracts';
import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { ActiveSigner } from '../active-signer.js';
import { DefinitionsCopy } from '../definitions-copy.js';
import type { ProvenCredential } from '../proven-credential.js';
import { SETTINGS, type Settings } from '../settings.js';

/** How long a management token lives: about as long as a change of the caller's rights may take to bite. */
export const managementTokenSeconds = 60;

/** Somebody who may call the management API, as they were proven. */
export interface ProvenCaller {
  readonly credential: Pick<ProvenCredential, 'principal' | 'name' | 'versions' | 'endsAtMs'>;
  /** A platform operator. */
  readonly operator: boolean;
}

/** Makes and signs management tokens. */
@Injectable()
export class ManagementTokenIssuer {
  constructor(
    private readonly signer: ActiveSigner,
    private readonly definitions: DefinitionsCopy,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @returns the token, and how long it lives: never longer than the credential
   * @throws AppError 'unavailable' while there is no signing key
   */
  issue({ credential, operator }: ProvenCaller): { token: string; expiresInSeconds: number } {
    const { principal, name, versions, endsAtMs } = credential;
    const now = secondsOf(this.clock());
    const end = now + managementTokenSeconds;
    const exp = endsAtMs === null ? end : Math.min(end, secondsOf(endsAtMs));
    const token = this.signer.current.sign('management', {
      iss: this.settings.publicUrl,
      sub: principal.ref,
      name,
      acct: principal.account,
      iat: now,
      nbf: now,
      exp,
      jti: randomUUID(),
      ver: { ...versions, ...this.versionOf(principal.account) },
      aud: managementAudience,
      groups: [...principal.groups],
      operator,
      ...(principal.isImported === true ? { imported: true as const } : {}),
      ...(endsAtMs === null ? {} : { end: secondsOf(endsAtMs) }),
    });
    return { token, expiresInSeconds: exp - now };
  }

  /** An account that is deleted ends the tokens of all its callers with one minimum. */
  private versionOf(id: string): Record<string, number> {
    const account = this.definitions.view.account(id);
    return account === null ? {} : { [definitionKey(account)]: account.version };
  }
}
