import { isAppError } from '@berth/errors';
import { Database } from '@berth/persistence';
import { parsePrincipalRef } from '@berth/policy-engine';
import { readSubjectToken, type SubjectClaims } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import type { Authentication, PresentedTo } from './authenticate.js';
import { DefinitionsCopy } from './definitions-copy.js';
import { admits, FEDERATION_STORE, type FederationStore, type TrustingRule } from './federation.js';
import { IssuerKeys } from './issuer-keys.js';
import type { ProvenCredential } from './proven-credential.js';

/**
 * Checks the token of another issuer that a workload logs in with. Only an issuer, subject and claims that a rule of the
 * registry's account names are looked at any further: for all others nobody's keys are read. What it gets ends no later
 * than the token, and there is no refresh token for it.
 *
 * @source RFC 8693 section 2; access-model "Issuing"
 */
@Injectable()
export class AuthenticateWorkload {
  constructor(
    private readonly db: Database,
    @Inject(FEDERATION_STORE) private readonly federations: FederationStore,
    private readonly keys: IssuerKeys,
    private readonly definitions: DefinitionsCopy,
  ) {}

  /** @throws AppError 'unavailable' when Postgres doesn't answer, or the issuer where its answer is needed */
  async execute(to: PresentedTo, subjectToken: string): Promise<Authentication> {
    const claims = readOrNull(subjectToken);
    if (claims === null) return { kind: 'refused', reason: 'invalid-subject-token', known: null };
    const rules = await this.federations.trusting(this.db, to.account, claims.issuer);
    const rule = rules.find(({ federation }) => admits(federation, claims, to.loginServer));
    if (rule === undefined) return { kind: 'refused', reason: 'no-federation', known: null };
    const verified = await this.keys.verify({
      compact: subjectToken,
      issuer: claims.issuer,
      audience: to.loginServer,
    });
    const credential = credentialOf(rule, claims);
    if (verified.kind === 'accepted') {
      await this.definitions.refresh();
      return { kind: 'accepted', credential };
    }
    const known = { ref: credential.principal.ref, name: credential.name };
    return { kind: 'refused', reason: 'invalid-subject-token', known };
  }
}

function credentialOf({ federation, workload }: TrustingRule, claims: SubjectClaims): ProvenCredential {
  const ref = `workload:${workload.id}`;
  return {
    principal: { ref: parsePrincipalRef(ref), account: workload.account, groups: [], scopeMapId: null },
    name: federation.name,
    slot: null,
    apiKeyId: null,
    versions: { [ref]: workload.version },
    endsAtMs: claims.expiresAtSeconds * 1000,
    renewableVersion: null,
  };
}

function readOrNull(subjectToken: string): SubjectClaims | null {
  try {
    return readSubjectToken(subjectToken);
  } catch (e) {
    if (isAppError(e) && e.kind === 'unauthenticated') return null;
    throw e;
  }
}
