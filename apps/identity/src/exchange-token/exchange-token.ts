import type { EntryOrigin } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { parseForm } from '../form-body.js';
import { invalidGrant } from '../invalid-request.js';
import { KnownRegistries } from '../known-registries.js';
import { ProveCredential } from '../prove-credential.js';
import { Report } from '../report.js';
import { readExchangeForm } from './exchange-request.js';

/** A form as it came, and from where. */
export interface ExchangeQuestion {
  readonly body: unknown;
  readonly origin: EntryOrigin;
}

/**
 * Exchanges a proof of identity for a refresh token. A refresh token of Berth proves who its holder is, and is answered
 * itself; an access token of Berth is never exchanged, since it opens less than its credential does; no other issuer is
 * trusted.
 *
 * @source Azure Container Registry data-plane API, `POST /oauth2/exchange`
 */
@Injectable()
export class ExchangeToken {
  constructor(
    private readonly registries: KnownRegistries,
    private readonly prove: ProveCredential,
    private readonly report: Report,
  ) {}

  /**
   * @returns the refresh token
   * @throws AppError 'malformed' for a form that can't be understood, 'unauthenticated' with code `invalid_grant` for a
   *   token that isn't good (with an entry in the audit log), 'unavailable' when it can't be told
   */
  async execute({ body, origin }: ExchangeQuestion): Promise<string> {
    const { service, grantType, refreshToken } = readExchangeForm(parseForm(body), this.registries.loginServers);
    const registry = this.registries.at(service);
    const { account, id: registryId } = registry;
    const facts = { account, registryId, origin, asked: `exchange grant_type=${grantType}`, repository: null };
    if (refreshToken === null) {
      await this.report.tokenRefused({ ...facts, actor: this.report.nobody('') }, 'untrusted-issuer');
      throw invalidGrant();
    }
    const presented = { kind: 'refresh-token', refreshToken } as const;
    const to = { id: registryId, account, loginServer: service };
    const { principal, name, slot } = await this.prove.execute({ presented, to, facts, isGrant: true });
    await this.report.exchanged({ ...facts, actor: { id: principal.ref, name, ...(slot === null ? {} : { slot }) } });
    return refreshToken;
  }
}
