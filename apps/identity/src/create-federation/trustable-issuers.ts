import { AppError } from '@berth/errors';
import { egressAddress, EgressAllow } from '@berth/http';
import { Inject, Injectable } from '@nestjs/common';
import type { FederationRule } from '../federation.js';
import { KnownRegistries } from '../known-registries.js';
import { SETTINGS, type Settings } from '../settings.js';

/** Which issuers and audiences a rule may name. */
@Injectable()
export class TrustableIssuers {
  constructor(
    private readonly allow: EgressAllow,
    private readonly registries: KnownRegistries,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * An issuer's address is what its tokens call it, to the letter, and where its keys are looked for.
   *
   * @throws AppError 'malformed' with code `address-not-allowed` or `unknown-audience`
   */
  require(account: string, { issuer, audience }: FederationRule): void {
    const { search, origin } = egressAddress(issuer, this.allow);
    if (search !== '') throw notAllowed('it must hold no query');
    if (origin === this.settings.publicUrl) throw notAllowed('Berth itself is no other issuer');
    if (audience === null) return;
    const isOwn = this.registries.loginServers.has(audience) && this.registries.at(audience).account === account;
    if (isOwn) return;
    const message = 'audience must be the login server of one of your registries; left out it may be each of them';
    throw new AppError({ kind: 'malformed', code: 'unknown-audience', message });
  }
}

function notAllowed(why: string): AppError {
  return new AppError({
    kind: 'malformed',
    code: 'address-not-allowed',
    message: `this issuer may not be used: ${why}`,
  });
}
