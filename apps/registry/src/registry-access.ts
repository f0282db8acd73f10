import type { Action } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { PolicyFollowing } from '@berth/definitions';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { isRepositoryName } from '@berth/oci';
import {
  decide,
  parsePrincipalRef,
  visiblePatterns,
  type DecisionContext,
  type GrantRef,
  type Principal,
  type VisiblePatterns,
} from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { ManagementReport } from './management-report.js';
import type { NameSelection, RepositoryAddress } from './repository.js';

/** A caller of the management API who may do something to a repository. */
export interface Authorized {
  readonly caller: Caller;
  readonly registry: RegistryDefinition;
  readonly address: RepositoryAddress;
  readonly action: Action;
  /** What allowed it. */
  readonly decidedBy: GrantRef;
}

/** What a caller wants to do, to which repository. */
export interface Attempt {
  /** The registry's name. */
  readonly registry: string;
  /** As in the address: whether it can be a repository's name is asked here. */
  readonly repository: string;
  readonly action: Action;
}

/** What of a registry somebody may see. */
export interface Visible {
  readonly account: string;
  readonly registryId: string;
  /** null = everything. */
  readonly selection: NameSelection | null;
}

/** Decides what callers of the management API and readers of lists may do, on this service's copy of the definitions. */
@Injectable()
export class RegistryAccess {
  constructor(
    private readonly policy: PolicyFollowing,
    private readonly report: ManagementReport,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError 'not-found' when the caller's account has no such registry, or it can have no such repository; 'denied'
   *   (with an entry in the audit log) when the caller may not
   */
  async authorize(caller: Caller, { registry: name, repository, action }: Attempt): Promise<Authorized> {
    const registry = this.registryOf(caller, name);
    if (!isRepositoryName(repository)) throw noSuchRepository();
    const { id: registryId, account } = registry;
    const decision = decide(this.policy.view, {
      principal: principalOf(caller),
      action,
      account,
      registryId,
      repository,
      context: this.contextOf(caller.address),
    });
    const attempt = { caller, registry, action, address: { account, registryId, name: repository } };
    if (decision.effect === 'allow') return { ...attempt, decidedBy: decision.by };
    await this.report.refused(attempt, decision.reason);
    throw new AppError({ kind: 'denied', code: decision.reason, message: decision.message });
  }

  /** Which repositories of a registry the caller may see; none is no error. @throws AppError 'not-found' */
  visibleTo(caller: Caller, registryName: string): Visible {
    const { id: registryId, account } = this.registryOf(caller, registryName);
    return this.visibleToPrincipal(principalOf(caller), { registryId, account }, caller.address);
  }

  /** As {@link visibleTo}, for a principal of the data plane. */
  visibleToPrincipal(
    principal: Principal,
    registry: { registryId: string; account: string },
    address: string | null | undefined,
  ): Visible {
    const request = { ...registry, action: 'metadata/read', context: this.contextOf(address) } as const;
    return { ...registry, selection: selectionOf(visiblePatterns(this.policy.view, principal, request)) };
  }

  private contextOf(address: string | null | undefined): DecisionContext {
    return { atMs: this.clock(), ...(address === null || address === undefined ? {} : { address }) };
  }

  private registryOf(caller: Caller, name: string): RegistryDefinition {
    const registry = this.policy.view.registryByName(name);
    if (registry !== null && registry.account === caller.account && registry.status === 'active') return registry;
    throw new AppError({ kind: 'not-found', code: 'unknown-registry', message: 'there is no such registry' });
  }
}

function selectionOf(visible: VisiblePatterns): NameSelection | null {
  if (visible.kind === 'all') return null;
  const { names: exact, prefixes, allButNamespaces } = visible;
  return allButNamespaces === undefined ? { exact, prefixes } : { exact, prefixes, allButNamespaces };
}

/** Also for a name that no repository can have. */
export function noSuchRepository(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-repository', message: 'there is no such repository' });
}

function principalOf({ ref, account, groups, imported }: Caller): Principal {
  const principal = { ref: parsePrincipalRef(ref), account, groups: groups.map(parsePrincipalRef), scopeMapId: null };
  return imported === true ? { ...principal, isImported: true } : principal;
}
