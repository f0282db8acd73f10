import { installation, type RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { Inject, Injectable } from '@nestjs/common';
import { notAuthenticated, parseBasic, type BasicCredentials } from '../basic-credentials.js';
import { DefinitionsCopy } from '../definitions-copy.js';
import type { EntryOrigin } from '@berth/http';
import { Report, type Actor, type IssueFacts } from '../report.js';
import { SETTINGS, type Settings } from '../settings.js';
import { AccessTokenIssuer, type IssuedToken } from './access-token-issuer.js';
import { maxVersions, type ProvenCredential } from './access-token.js';
import { Authenticate } from './authenticate.js';
import { grantAccess, type Granted } from './grant-access.js';
import { invalidRequest, readTokenRequest, type TokenRequest } from './token-request.js';

/** A request for an access token as it came. */
export interface TokenQuestion {
  /** Decoded query parameters; a repeated one is a list. */
  readonly parameters: unknown;
  readonly authorization: string | undefined;
  readonly origin: EntryOrigin;
}

/**
 * Issues access tokens: proves who asks, decides what of the asked they may have now, and signs exactly that. The entry
 * of the audit log is on disk before the answer leaves. Calls no other service.
 *
 * @source Docker registry token specification
 */
@Injectable()
export class IssueToken {
  constructor(
    private readonly definitions: DefinitionsCopy,
    private readonly authenticate: Authenticate,
    private readonly issuer: AccessTokenIssuer,
    private readonly report: Report,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * @throws AppError 'malformed' for a request that can't be understood, 'unauthenticated' for no good credential (all
   *   alike, and none), 'unavailable' when it can't be told (Postgres away, definitions unknown or too old),
   *   'rate-limited' when too many passwords are being hashed
   */
  async execute(question: TokenQuestion): Promise<IssuedToken> {
    const { authorization, origin } = question;
    const basic = authorization === undefined ? null : parseBasic(authorization);
    const request = await this.read(question, basic);
    if (authorization === undefined) {
      this.report.challenged();
      throw notAuthenticated();
    }
    const registry = this.registryAt(request.service);
    const facts = factsOf(request, registry, origin);
    const credential = await this.prove(basic, registry, facts);
    const granted = this.grant(credential, registry, request);
    const issued = this.issuer.issue(credential, { registryId: registry.id, audience: request.service, granted });
    await this.report.tokenIssued({ ...facts, actor: actorOf(credential) }, granted);
    return issued;
  }

  /** A request that makes no sense is entered only if it brought a credential; without one it is worth nothing. */
  private async read(question: TokenQuestion, basic: BasicCredentials | null): Promise<TokenRequest> {
    try {
      const request = readTokenRequest(question.parameters, this.settings.registryNames);
      if (request.account === null || basic === null || request.account === basic.username) return request;
      throw invalidRequest('account and the user name of the credential differ');
    } catch (e) {
      if (!(e instanceof AppError) || question.authorization === undefined) throw e;
      const facts = { account: installation.accountId, registryId: null, asked: '', repository: null };
      const actor = this.report.nobody(basic?.username ?? '');
      await this.report.tokenRefused({ ...facts, origin: question.origin, actor }, e.code ?? e.kind);
      throw e;
    }
  }

  private registryAt(loginServer: string): RegistryDefinition {
    this.definitions.requireUsable();
    const name = this.settings.registryNames.get(loginServer);
    const registry = name === undefined ? null : this.definitions.view.registryByName(name);
    if (registry?.status === 'active') return registry;
    const message = 'the registry of this login server is not known yet';
    throw new AppError({ kind: 'unavailable', code: 'unknown-registry', message, retryAfterSeconds: 1 });
  }

  private async prove(
    basic: BasicCredentials | null,
    registry: RegistryDefinition,
    facts: Omit<IssueFacts, 'actor'>,
  ): Promise<ProvenCredential> {
    const result = basic === null ? unreadable : await this.authenticate.execute(registry, basic);
    if (result.kind === 'accepted') return result.credential;
    const { known, reason } = result;
    const actor = known === null ? this.report.nobody(basic?.username ?? '') : { id: known.ref, name: known.name };
    await this.report.tokenRefused({ ...facts, actor }, reason);
    throw notAuthenticated();
  }

  private grant(credential: ProvenCredential, registry: RegistryDefinition, { scopes }: TokenRequest): Granted {
    const { principal, versions } = credential;
    const room = maxVersions - Object.keys(versions).length;
    const incarnationOf = (repository: string) => this.definitions.incarnationOf(registry.id, repository);
    return grantAccess(this.definitions.view, { principal, registry, scopes, room, incarnationOf });
  }
}

const unreadable = { kind: 'refused', reason: 'unreadable-credential', known: null } as const;

function factsOf(
  { asked, scopes }: TokenRequest,
  registry: RegistryDefinition,
  origin: EntryOrigin,
): Omit<IssueFacts, 'actor'> {
  const [first] = scopes;
  const repository = scopes.length === 1 && first?.type === 'repository' ? first.name : null;
  return { account: registry.account, origin, registryId: registry.id, asked, repository };
}

function actorOf({ principal, name, slot }: ProvenCredential): Actor {
  return slot === null ? { id: principal.ref, name } : { id: principal.ref, name, slot };
}
