import type { EntryOrigin } from '@berth/http';
import { Inject, Injectable } from '@nestjs/common';
import { IDENTITY_PROVIDER, noIdentityProvider, type IdentityProvider } from '../identity-provider.js';
import { LogInAttempts } from '../log-in-attempts.js';
import { LoginLimits } from '../login-limits.js';

/** Begins the log-in of a person at the identity provider. */
@Injectable()
export class BeginLogIn {
  constructor(
    @Inject(IDENTITY_PROVIDER) private readonly provider: IdentityProvider | null,
    private readonly attempts: LogInAttempts,
    private readonly limits: LoginLimits,
  ) {}

  /**
   * @returns where to send the browser, and what it is to keep until it comes back
   * @throws AppError 'not-found' without an identity provider, 'rate-limited', 'unavailable' when the provider doesn't answer
   */
  async execute(asked: {
    readonly returnTo: string;
    readonly origin: EntryOrigin;
  }): Promise<{ readonly address: string; readonly attempt: string }> {
    if (this.provider === null) throw noIdentityProvider();
    this.limits.admitUnauthenticated(asked.origin);
    const { address, checks } = await this.provider.begin();
    return { address: address.href, attempt: this.attempts.seal({ ...checks, returnTo: asked.returnTo }) };
  }
}
