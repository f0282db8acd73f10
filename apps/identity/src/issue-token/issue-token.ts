import type { RegistryDefinition } from '@berth/contracts';
import { Injectable } from '@nestjs/common';
import { DefinitionsCopy } from '../definitions-copy.js';
import type { EntryOrigin } from '@berth/http';
import { ProveCredential } from '../prove-credential.js';
import type { ProvenCredential } from '../proven-credential.js';
import { Report, type Actor, type IssueFacts } from '../report.js';
import { AccessTokenIssuer, type IssuedToken } from './access-token-issuer.js';
import { maxVersions } from './access-token.js';
import { grantAccess, type Granted } from './grant-access.js';
import { TokenQuestions, type TokenQuestion } from './token-questions.js';
import type { TokenRequest } from './token-request.js';

/**
 * Issues access tokens: proves who asks, decides what of the asked they may have now, and signs exactly that. The entry
 * of the audit log is on disk before the answer leaves. Calls no other service.
 *
 * @source Docker registry token specification; Docker registry OAuth2 specification
 */
@Injectable()
export class IssueToken {
  constructor(
    private readonly definitions: DefinitionsCopy,
    private readonly questions: TokenQuestions,
    private readonly prove: ProveCredential,
    private readonly issuer: AccessTokenIssuer,
    private readonly report: Report,
  ) {}

  /**
   * @throws AppError 'malformed' for a request that can't be understood, 'unauthenticated' for no good credential (all
   *   alike, and none), 'unavailable' when it can't be told (Postgres away, definitions unknown or too old),
   *   'rate-limited' when too many passwords are being hashed, or a limit is reached
   */
  async execute(question: TokenQuestion): Promise<IssuedToken> {
    const { presented, request, registry } = await this.questions.read(question);
    const facts = factsOf(request, registry, question.origin);
    const to = { id: registry.id, account: registry.account, loginServer: request.service };
    const isGrant = question.kind === 'form';
    const credential = await this.prove.execute({ presented, to, facts, isGrant });
    const granted = this.grant(credential, registry, request);
    const issued = this.issuer.issue(credential, {
      registryId: registry.id,
      audience: request.service,
      granted,
      isOffline: request.isOffline,
      presentedRefreshToken: presented.kind === 'refresh-token' ? presented.refreshToken : null,
    });
    await this.report.tokenIssued({ ...facts, actor: actorOf(credential) }, granted);
    return issued;
  }

  private grant(credential: ProvenCredential, registry: RegistryDefinition, { scopes }: TokenRequest): Granted {
    const { principal, versions } = credential;
    const room = maxVersions - Object.keys(versions).length;
    const incarnationOf = (repository: string) => this.definitions.incarnationOf(registry.id, repository);
    return grantAccess(this.definitions.view, { principal, registry, scopes, room, incarnationOf });
  }
}

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
