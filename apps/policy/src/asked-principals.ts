import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import {
  parsePrincipalRef,
  principalKindOf,
  principalOf,
  type Principal,
  type PrincipalRef,
} from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { Principals, type KnownPrincipal } from './principals.js';

/** Finds out who the principals are that a caller asks about. */
@Injectable()
export class AskedPrincipals {
  constructor(private readonly principals: Principals) {}

  /**
   * @param refs as they were asked about, `<kind>:<id>`, any number of times; at most 1,000 different ones
   * @returns all of them by their ref
   * @throws AppError 'malformed' for what is no principal, 'not-found' naming the first that the caller's account doesn't
   *   have, 'unavailable' without identity
   */
  async find(caller: Caller, refs: readonly string[]): Promise<ReadonlyMap<string, KnownPrincipal>> {
    const asked = [...new Set(refs)].map(parsePrincipalRef);
    const others = asked.filter((ref) => ref !== caller.ref && isOfIdentity(ref));
    const known = await this.principals.find(caller.account, others);
    return new Map(
      asked.map((ref) => {
        const found = ref === caller.ref ? self(caller) : (known.get(ref) ?? nobodyInParticular(ref, caller.account));
        if (found === null) throw noSuchPrincipal(ref);
        return [ref, found];
      }),
    );
  }
}

/** Nobody keeps a list of those who have no credential. */
function isOfIdentity(ref: PrincipalRef): boolean {
  return principalKindOf(ref) !== 'anonymous';
}

function self(caller: Caller): KnownPrincipal {
  return { principal: principalOf(caller), name: caller.name, refusal: null };
}

function nobodyInParticular(ref: PrincipalRef, account: string): KnownPrincipal | null {
  if (isOfIdentity(ref)) return null;
  const principal: Principal = { ref, account, groups: [], scopeMapId: null };
  return { principal, name: 'anonymous', refusal: null };
}

/** Whether it never was, is gone, or is another account's. */
function noSuchPrincipal(principal: string): AppError {
  const message = `there is no principal ${principal}`;
  return new AppError({ kind: 'not-found', code: 'unknown-principal', message, detail: { principal } });
}
