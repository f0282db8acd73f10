import type { AppError } from '@berth/errors';
import { tooManyRequests } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { Authenticate, type Authentication, type PresentedTo } from './authenticate.js';
import { notAuthenticated } from './basic-credentials.js';
import { invalidGrant, invalidRequest } from './invalid-request.js';
import { LoginLimits, type LoginAttempt } from './login-limits.js';
import { usernameOf, type PresentedCredential } from './presented-credential.js';
import type { ProvenCredential } from './proven-credential.js';
import { Report, type Actor, type IssueFacts } from './report.js';
import { AuthenticateCertificate } from './certificate-authentication.js';
import { AuthenticateWorkload } from './workload-authentication.js';

/** A credential, where it was presented, and what the audit log is told of the request. */
export interface Presentation {
  readonly presented: PresentedCredential;
  readonly to: PresentedTo;
  readonly facts: Omit<IssueFacts, 'actor'>;
  /** Of a form, whose refused grants OAuth wants answered with 400. */
  readonly isGrant: boolean;
}

type Refusal = Extract<Authentication, { readonly kind: 'refused' }>;

/** Finds out who presents a credential; a refusal is in the audit log before it leaves. */
@Injectable()
export class ProveCredential {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly workloads: AuthenticateWorkload,
    private readonly certificates: AuthenticateCertificate,
    private readonly limits: LoginLimits,
    private readonly report: Report,
  ) {}

  /**
   * @throws AppError 'unauthenticated' for a credential that isn't good, all alike; 'unavailable' when it can't be told,
   *   'rate-limited' when too many passwords are being hashed, or a limit is reached
   */
  async execute(presentation: Presentation): Promise<ProvenCredential> {
    const { presented, to, facts } = presentation;
    const attempt = this.limits.begin(facts.origin, presented.kind === 'password' ? presented.form : null);
    if (attempt.refusedForSeconds !== null) {
      const reached = { reason: 'source-limit', retryAfterSeconds: attempt.refusedForSeconds };
      throw await this.limited(facts, this.report.nobody(usernameOf(presented)), reached);
    }
    const result = await attempt.judge(() => this.judge(to, presented));
    if (result.kind === 'refused') throw await this.refuse(presentation, result, attempt);
    const { credential } = result;
    const reached = this.limits.admit(credential.principal.ref, to.id);
    if (reached === null) return credential;
    throw await this.limited(facts, { id: credential.principal.ref, name: credential.name }, reached);
  }

  private judge(to: PresentedTo, presented: PresentedCredential): Promise<Authentication> {
    if (presented.kind === 'subject-token') return this.workloads.execute(to, presented.subjectToken);
    if (presented.kind === 'certificate') return this.certificates.execute(to.id, presented.certificate);
    return this.authenticate.execute(to, presented);
  }

  /** A refresh or subject token of a form is judged alone, so it may be called bad (RFC 8693 section 2.2.2); a user name and password are asked for again. */
  private async refuse({ presented, facts, isGrant }: Presentation, refusal: Refusal, attempt: LoginAttempt) {
    const { known, reason } = refusal;
    const actor = known === null ? this.report.nobody(usernameOf(presented)) : { id: known.ref, name: known.name };
    await this.report.tokenRefused({ ...facts, actor }, reason);
    const wait = attempt.failed();
    if (wait !== null) return tooManyRequests(wait);
    if (presented.kind === 'subject-token') return invalidRequest('the subject token is not accepted here');
    return isGrant && presented.kind === 'refresh-token' ? invalidGrant() : notAuthenticated();
  }

  private async limited(
    facts: Presentation['facts'],
    actor: Actor,
    { reason, retryAfterSeconds }: { readonly reason: string; readonly retryAfterSeconds: number },
  ): Promise<AppError> {
    await this.report.tokenRefused({ ...facts, actor }, reason);
    return tooManyRequests(retryAfterSeconds);
  }
}
