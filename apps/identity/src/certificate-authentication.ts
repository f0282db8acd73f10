import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import { Inject, Injectable } from '@nestjs/common';
import type { Authentication } from './authenticate.js';
import type { ClientCertificate } from './client-certificate.js';
import { credentialOfCertificate } from './credential-of.js';
import { DefinitionsCopy } from './definitions-copy.js';
import { OneInFlight } from './one-in-flight.js';
import {
  TOKEN_CERTIFICATE_STORE,
  type CertificateLogIn,
  type CertificateQuestion,
  type TokenCertificateStore,
} from './token-certificate.js';

/**
 * Checks the certificate of a client that logs in as a repository token. That the client has its key was proven to whoever
 * ended TLS, and is only believed of trusted proxies. Read for each log-in in one batched query.
 */
@Injectable()
export class AuthenticateCertificate {
  private readonly logIns: OneInFlight<CertificateQuestion, Awaited<ReturnType<TokenCertificateStore['logIns']>>>;

  constructor(
    @Inject(TOKEN_CERTIFICATE_STORE) store: TokenCertificateStore,
    private readonly definitions: DefinitionsCopy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.logIns = new OneInFlight((asked) => store.logIns(asked));
  }

  /** @throws AppError 'unavailable' when Postgres doesn't answer */
  async execute(registryId: string, { sha256 }: ClientCertificate): Promise<Authentication> {
    const question = { registryId, sha256 };
    const { epochs, found } = await this.logIns.ask(question);
    await this.definitions.reach(epochs);
    const logIn = found(question);
    if (logIn === null) return { kind: 'refused', reason: 'unknown-certificate', known: null };
    const { token, certificate } = logIn;
    const reason = this.wrongWith(logIn);
    if (reason === null) return { kind: 'accepted', credential: credentialOfCertificate(token, certificate) };
    return { kind: 'refused', reason, known: { ref: `token:${token.id}`, name: token.name } };
  }

  private wrongWith({ token, certificate }: CertificateLogIn): string | null {
    const now = secondsOf(this.clock());
    if (token.status === 'disabled') return 'disabled';
    if (token.expiresAtMs !== null && secondsOf(token.expiresAtMs) <= now) return 'expired';
    if (secondsOf(certificate.notAfterMs) <= now) return 'certificate-expired';
    if (secondsOf(certificate.notBeforeMs) > now) return 'certificate-not-yet-valid';
    if (token.owner !== null && token.ownerNow === null) return 'owner-gone';
    return token.ownerNow?.status === 'disabled' ? 'owner-disabled' : null;
  }
}
