import { hash } from 'node:crypto';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import type { SubjectClaims } from '@berth/tokens';
import type { PrincipalPage } from './user.js';

/** Rules of one account, at most: each issuer may cost a request now and then, and memory for its keys. */
export const maxFederations = 100;

/** A claim that a token must have, by its exact value. */
export interface RequiredClaim {
  /** Its name, or an RFC 6901 pointer to it: `repository_id`, `/kubernetes.io/serviceaccount/uid`. */
  readonly name: string;
  readonly value: string;
}

/** What tokens of an issuer must say so that whoever brings one is a workload. All that is set must hold. */
export interface FederationRule {
  /** Exactly the token's `iss`. */
  readonly issuer: string;
  /** A login server; null = whichever the token is presented to. The token's one `aud` is that login server always. */
  readonly audience: string | null;
  /** Exactly the token's `sub`; null = any, and then a claim is asked for. */
  readonly subject: string | null;
  readonly claim: RequiredClaim | null;
}

/** A rule that people made. Its epoch milliseconds are UTC. */
export interface Federation extends FederationRule {
  readonly id: string;
  readonly account: string;
  /** Unique in the account; a log-in by the rule goes by this name. */
  readonly name: string;
  readonly workloadId: string;
  readonly createdAtMs: number;
}

/** Who logs in without a secret of its own. It is gone with the last rule that leads to it. */
export interface Workload {
  readonly id: string;
  readonly account: string;
  /** That of its first rule. */
  readonly name: string;
  /** `workload:<id>` in the `ver` of the tokens issued to it. */
  readonly version: number;
  readonly createdAtMs: number;
}

/** A rule as a log-in needs it. */
export interface TrustingRule {
  readonly federation: Federation;
  readonly workload: Workload;
}

export const FEDERATION_STORE = Symbol('FederationStore');

/** Rules and workloads: each query is bound to an account, the caller's or that of a known registry. */
export interface FederationStore {
  /** Rules that trust an issuer: those that name a subject first, then the oldest first. */
  trusting(db: Queryable, account: string, issuer: string): Promise<TrustingRule[]>;
  find(db: Queryable, account: string, id: string): Promise<Federation | null>;
  /** By name, at most `limit`, behind the name `after`. */
  page(db: Queryable, account: string, page: PrincipalPage): Promise<Federation[]>;
  count(db: Queryable, account: string): Promise<number>;
  /** Nobody else makes a rule of the account until the transaction ends. */
  lockMaking(tx: Transaction, account: string): Promise<void>;
  /** Which nobody else changes until the transaction ends. */
  lockWorkload(tx: Transaction, account: string, id: string): Promise<Workload | null>;
  insertWorkload(tx: Transaction, workload: Workload): Promise<void>;
  /** @returns what is there already, and nothing is stored then; null = stored */
  insert(tx: Transaction, federation: Federation): Promise<'name-taken' | 'same-rule' | null>;
  /** Deletes a rule of a workload that is locked. @returns false when it is gone already */
  delete(tx: Transaction, federation: Federation): Promise<boolean>;
  /** Stores a workload's version, or deletes a workload that no rule leads to any more. */
  settleWorkload(tx: Transaction, workload: Workload): Promise<void>;
}

/** Whether a token of the rule's issuer says all that the rule asks for, at this login server. */
export function admits(rule: FederationRule, claims: SubjectClaims, loginServer: string): boolean {
  const { issuer, audience, subject, claim } = rule;
  if (claims.issuer !== issuer || claims.audience !== loginServer) return false;
  if (audience !== null && audience !== loginServer) return false;
  if (subject === null && claim === null) return false;
  if (subject !== null && claims.subject !== subject) return false;
  return claim === null || textAt(claims.all, claim.name) === claim.value;
}

/** Over all that a rule asks for. */
export function fingerprintOf({ issuer, audience, subject, claim }: FederationRule): Buffer {
  return hash('sha256', JSON.stringify([issuer, audience, subject, claim?.name, claim?.value]), 'buffer');
}

/** A claim as text; null when it is not there, or is neither text nor a whole number. */
function textAt(claims: Readonly<Record<string, unknown>>, name: string): string | null {
  const path = name.startsWith('/')
    ? name
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    : [name];
  let value: unknown = claims;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, part)) return null;
    value = Object.entries(value).find(([key]) => key === part)?.[1];
  }
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? String(value) : null;
}

/** Whether it never was or is gone, or is another account's. */
export function noSuchFederation(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-federation', message: 'there is no such federation' });
}
