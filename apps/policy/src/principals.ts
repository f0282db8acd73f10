import type { Principal, PrincipalRef } from '@berth/policy-engine';

/** Why a principal can't act at all: it is disabled, or, of a device, its keys are, or it is locked out of its fleet. */
export type PrincipalRefusal = 'principal-disabled' | 'fleet-key-disabled' | 'device-denied';

/** A principal as identity knows it. */
export interface KnownPrincipal {
  readonly principal: Principal;
  readonly name: string;
  /** null = it can act now. */
  readonly refusal: PrincipalRefusal | null;
}

/** A token, or a fleet with all its devices, that has a scope map. */
export interface ScopeMapHolder {
  /** `token:<id>` or `fleet:<id>`. */
  readonly ref: string;
  readonly name: string;
  /** Of a token whatever its owner is, of a fleet whether a device of it could log in. */
  readonly isEnabled: boolean;
  /** Whether somebody must hold as well what it gives. */
  readonly hasOwner: boolean;
}

/** Which page of what identity lists; `after` = the `next` of the page before, null = the first. */
export interface IdentityPage {
  readonly after: string | null;
  readonly limit: number;
}

/** What policy asks identity, which owns the principals. Each throws AppError 'unavailable' when identity doesn't answer in a second. */
export abstract class Principals {
  /** Those of the account, by their ref; who isn't there, or is another account's, is left out. At most 1,000 refs. */
  abstract find(account: string, refs: readonly PrincipalRef[]): Promise<ReadonlyMap<string, KnownPrincipal>>;
  /** All users and service IDs in a group of the account. */
  abstract membersOf(account: string, group: PrincipalRef): Promise<PrincipalRef[]>;
  /** The account's tokens and fleets that have a scope map. */
  abstract holdersOf(
    account: string,
    scopeMapId: string,
    page: IdentityPage,
  ): Promise<{ readonly items: readonly ScopeMapHolder[]; readonly next: string | null }>;
  /** All users of the account that its import as a legacy one brought. */
  abstract importedUsersOf(account: string): Promise<PrincipalRef[]>;
}
