import type { RegistryDefinition } from '@berth/contracts';
import { Injectable } from '@nestjs/common';
import { notAuthenticated } from '../basic-credentials.js';
import { ProveCredential } from '../prove-credential.js';
import type { ProvenCredential } from '../proven-credential.js';
import { Report, type Actor, type IssueFacts } from '../report.js';
import { AccessDecisions, type AskedAccess, type DecidedAccess } from './access-decisions.js';
import { AccessTokenIssuer, type IssuedToken, type IssueOrder } from './access-token-issuer.js';
import { TokenQuestions, type TokenQuestion } from './token-questions.js';
import type { TokenRequest } from './token-request.js';

/**
 * Issues access tokens: proves who asks, decides what of the asked they may have now, and signs exactly that. Who presents
 * nothing gets what is open to everybody. The entry of the audit log is on disk before the answer leaves. Calls no other
 * service.
 *
 * @source Docker registry token specification; Docker registry OAuth2 specification
 */
@Injectable()
export class IssueToken {
  constructor(
    private readonly questions: TokenQuestions,
    private readonly prove: ProveCredential,
    private readonly decisions: AccessDecisions,
    private readonly issuer: AccessTokenIssuer,
    private readonly report: Report,
  ) {}

  /**
   * @throws AppError 'malformed' for a request that can't be understood, 'unauthenticated' for no good credential (all
   *   alike, and none where nothing of the asked is open to everybody), 'unavailable' when it can't be told (Postgres away,
   *   definitions unknown or too old), 'rate-limited' when too many passwords are being hashed, or a limit is reached
   */
  async execute(question: TokenQuestion): Promise<IssuedToken> {
    const read = await this.questions.read(question);
    const asked = { request: read.request, origin: question.origin };
    if (read.presented === null) return this.issueToAnybody(asked);
    const { presented, request, registry } = read;
    const facts = factsOf(asked, registry);
    const to = { id: registry.id, account: registry.account, loginServer: request.service };
    const isGrant = question.kind === 'form';
    const credential = await this.prove.execute({ presented, to, facts, isGrant });
    const presentedRefreshToken = presented.kind === 'refresh-token' ? presented.refreshToken : null;
    return this.issue(this.decisions.forCredential(credential, registry, asked), asked, { presentedRefreshToken });
  }

  /** Whether there is such a repository is not looked at, so nobody learns of it. */
  private async issueToAnybody(asked: AskedAccess): Promise<IssuedToken> {
    const decided = await this.decisions.forAnybody(asked);
    if (decided !== null) return this.issue(decided, asked, { presentedRefreshToken: null });
    this.report.challenged();
    throw notAuthenticated();
  }

  private async issue(
    { credential, registry, granted }: DecidedAccess,
    asked: AskedAccess,
    { presentedRefreshToken }: Pick<IssueOrder, 'presentedRefreshToken'>,
  ): Promise<IssuedToken> {
    const { service: audience, isOffline } = asked.request;
    const order = { registryId: registry.id, audience, granted, isOffline, presentedRefreshToken };
    const issued = this.issuer.issue(credential, order);
    await this.report.tokenIssued({ ...factsOf(asked, registry), actor: actorOf(credential) }, granted);
    return issued;
  }
}

function factsOf({ request, origin }: AskedAccess, registry: RegistryDefinition): Omit<IssueFacts, 'actor'> {
  const { asked } = request;
  return { account: registry.account, origin, registryId: registry.id, asked, repository: onlyOne(request) };
}

/** The repository, if nothing else is asked for. */
function onlyOne({ scopes }: TokenRequest): string | null {
  const [first] = scopes;
  return scopes.length === 1 && first?.type === 'repository' ? first.name : null;
}

function actorOf({ principal, name, slot }: ProvenCredential): Actor {
  return slot === null ? { id: principal.ref, name } : { id: principal.ref, name, slot };
}
