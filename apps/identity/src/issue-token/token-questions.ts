import { installation, type RegistryDefinition } from '@berth/contracts';
import { isAppError, type AppError } from '@berth/errors';
import type { EntryOrigin } from '@berth/http';
import { Injectable } from '@nestjs/common';
import type { ClientCertificate } from '../client-certificate.js';
import { parseForm } from '../form-body.js';
import { invalidRequest } from '../invalid-request.js';
import { KnownRegistries } from '../known-registries.js';
import { LoginLimits } from '../login-limits.js';
import { presentedInForm, presentedInHeader, usernameOf, type PresentedCredential } from '../presented-credential.js';
import { Report } from '../report.js';
import { readTokenForm, readTokenQuery, type TokenRequest } from './token-request.js';

/** A request for an access token as it came: the parameters of a GET (a repeated one is a list), or a form. */
export type TokenQuestion = {
  readonly authorization: string | undefined;
  /** That the client has proven to have; null = none. */
  readonly certificate: ClientCertificate | null;
  readonly origin: EntryOrigin;
} & ({ readonly kind: 'query'; readonly parameters: unknown } | { readonly kind: 'form'; readonly body: unknown });

/** A question that can be answered: somebody asks, for something that is here; or nobody in particular does. */
export type ReadQuestion =
  | { readonly presented: PresentedCredential; readonly request: TokenRequest; readonly registry: RegistryDefinition }
  | { readonly presented: null; readonly request: TokenRequest };

/** Reads requests for access tokens. What can't be understood is refused here. */
@Injectable()
export class TokenQuestions {
  constructor(
    private readonly registries: KnownRegistries,
    private readonly limits: LoginLimits,
    private readonly report: Report,
  ) {}

  /**
   * @throws AppError 'malformed', 'rate-limited' for a source that brings such, or no credential, too often, 'unavailable'
   *   when it can't be told what the login server is
   */
  async read(question: TokenQuestion): Promise<ReadQuestion> {
    const { presented, request } = await this.understood(question);
    if (presented !== null) return { presented, request, registry: this.registries.at(request.service) };
    this.limits.admitUnauthenticated(question.origin);
    return { presented, request };
  }

  private async understood(question: TokenQuestion): Promise<Understood> {
    const inHeader = presentedInHeader(question.authorization);
    // What is presented on purpose counts before what a connection brings along.
    let presented = inHeader ?? ofConnection(question);
    try {
      if (question.kind === 'query') {
        return { presented, request: this.readQuery(question.parameters, presented) };
      }
      const form = parseForm(question.body);
      presented = inHeader ?? presentedInForm(form);
      return { presented, request: this.readForm(form, inHeader) };
    } catch (e) {
      throw isAppError(e) && e.kind === 'malformed' ? await this.refuse(question.origin, presented, e) : e;
    }
  }

  /** A request that makes no sense is entered only if it brought a credential; without one it is worth no entry. */
  private async refuse(origin: EntryOrigin, presented: PresentedCredential | null, error: AppError): Promise<AppError> {
    const reason = error.code ?? error.kind;
    const facts = { account: installation.accountId, registryId: null, asked: '', repository: null };
    const actor = this.report.nobody(usernameOf(presented));
    if (presented === null) this.report.malformed(origin, reason);
    else await this.report.tokenRefused({ ...facts, origin, actor }, reason);
    this.limits.admitUnauthenticated(origin);
    return error;
  }

  private readQuery(parameters: unknown, presented: PresentedCredential | null): TokenRequest {
    const request = readTokenQuery(parameters, this.registries.loginServers);
    const isTwoUsers = presented?.kind === 'password' && (request.account ?? presented.username) !== presented.username;
    if (isTwoUsers) throw invalidRequest('account and the user name of the credential differ');
    return request;
  }

  private readForm(form: ReadonlyMap<string, string>, inHeader: PresentedCredential | null): TokenRequest {
    if (inHeader !== null) throw invalidRequest('the credential stands in the form, not in Authorization');
    return readTokenForm(form, this.registries.loginServers);
  }
}

/** A form brings a credential of its own. */
function ofConnection({ kind, certificate }: TokenQuestion): PresentedCredential | null {
  return kind === 'form' || certificate === null ? null : { kind: 'certificate', certificate };
}

interface Understood {
  /** Null = none, which only a query can come with. */
  readonly presented: PresentedCredential | null;
  readonly request: TokenRequest;
}
