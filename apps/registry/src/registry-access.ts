import type { Action } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { PolicyFollowing } from '@berth/definitions';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { isRepositoryName } from '@berth/oci';
import {
  decide,
  decisionContext,
  principalOf,
  unknownRegistryId,
  visiblePatterns,
  type Denied,
  type GrantRef,
  type Principal,
  type VisiblePatterns,
} from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import type { Hindrance } from './hindrance.js';
import { ManagementReport, type RefusedAttempt } from './management-report.js';
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
  /** What lets the caller do it as well. */
  readonly orAction?: Action;
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
   * Whoever may not do it in all of the account, and names a registry that is not there, is refused as for any other.
   *
   * @throws AppError 'denied' (with an entry in the audit log) when the caller may not; 'not-found' when the caller's account has
   *   no such registry, or it can have no such repository
   */
  async authorize(caller: Caller, { registry: name, repository, action, orAction }: Attempt): Promise<Authorized> {
    const registry = this.registryOf(caller, name);
    const { account } = caller;
    const question = this.questionOf(caller, registry, repository);
    const decision = decide(this.policy.view, { ...question, action });
    if (decision.effect === 'deny') {
      if (orAction !== undefined && decide(this.policy.view, { ...question, action: orAction }).effect === 'allow') {
        return this.authorize(caller, { registry: name, repository, action: orAction });
      }
      return this.refuse({ caller, registry, repository, action }, decision);
    }
    if (registry === null) throw noSuchRegistry();
    if (!isRepositoryName(repository)) throw noSuchRepository();
    const address = { account, registryId: registry.id, name: repository };
    return { caller, registry, action, address, decidedBy: decision.by };
  }

  /** Whether the caller may do something else to the same repository. Nothing is recorded. */
  mayAlso({ caller, registry, address }: Authorized, action: Action): boolean {
    const question = this.questionOf(caller, registry, address.name);
    return decide(this.policy.view, { ...question, action }).effect === 'allow';
  }

  /**
   * Refuses what the caller may do otherwise, because of what is in the repository.
   *
   * @throws AppError 'denied' (with an entry in the audit log), always; 'unavailable'
   */
  async forbid({ caller, registry, address, action }: Authorized, { reason, words }: Hindrance): Promise<never> {
    await this.report.refused({ caller, registry, repository: address.name, action }, reason);
    throw new AppError({ kind: 'denied', code: reason, message: words });
  }

  /** As {@link authorize}, for what concerns a registry as a whole. */
  async authorizeIn(
    caller: Caller,
    { registry: name, action }: Omit<Attempt, 'repository'>,
  ): Promise<RegistryDefinition> {
    const registry = this.registryOf(caller, name);
    const decision = decide(this.policy.view, {
      ...{ principal: principalOf(caller), account: caller.account, registryId: registry?.id ?? unknownRegistryId },
      ...{ action, repository: null, context: decisionContext(this.clock(), caller.address) },
    });
    if (decision.effect === 'deny') return this.refuse({ caller, registry, repository: null, action }, decision);
    if (registry === null) throw noSuchRegistry();
    return registry;
  }

  /**
   * Which repositories of a registry the caller may see; none is no error. Who may see none in a registry that is there, is
   * shown none in one that is not.
   *
   * @throws AppError 'not-found' when the caller's account has no such registry
   */
  visibleTo(caller: Caller, registryName: string): Visible {
    const registry = this.registryOf(caller, registryName);
    const place = { account: caller.account, registryId: registry?.id ?? unknownRegistryId };
    const visible = this.visibleToPrincipal(principalOf(caller), place, caller.address);
    if (registry === null && !isEmpty(visible.selection)) throw noSuchRegistry();
    return visible;
  }

  /** As {@link visibleTo}, for a principal of the data plane. */
  visibleToPrincipal(
    principal: Principal,
    registry: { registryId: string; account: string },
    address: string | null | undefined,
  ): Visible {
    const context = decisionContext(this.clock(), address);
    const request = { ...registry, action: 'metadata/read', context } as const;
    return { ...registry, selection: selectionOf(visiblePatterns(this.policy.view, principal, request)) };
  }

  private questionOf(caller: Caller, registry: RegistryDefinition | null, repository: string) {
    return {
      principal: principalOf(caller),
      account: caller.account,
      registryId: registry?.id ?? unknownRegistryId,
      repository: isRepositoryName(repository) ? repository : null,
      context: decisionContext(this.clock(), caller.address),
    };
  }

  private async refuse(attempt: RefusedAttempt, { reason, message }: Denied): Promise<never> {
    await this.report.refused(attempt, reason);
    throw new AppError({ kind: 'denied', code: reason, message });
  }

  /** Null also for another account's. */
  private registryOf({ account }: Caller, name: string): RegistryDefinition | null {
    const registry = this.policy.view.registryByName(name);
    return registry?.account === account && registry.status === 'active' ? registry : null;
  }
}

function isEmpty(selection: NameSelection | null): boolean {
  if (selection === null || selection.allButNamespaces !== undefined) return false;
  return selection.exact.length === 0 && selection.prefixes.length === 0;
}

function selectionOf(visible: VisiblePatterns): NameSelection | null {
  if (visible.kind === 'all') return null;
  const { names: exact, prefixes, allButNamespaces } = visible;
  return allButNamespaces === undefined ? { exact, prefixes } : { exact, prefixes, allButNamespaces };
}

/** Also for another account's. */
function noSuchRegistry(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-registry', message: 'there is no such registry' });
}

/** Also for a name that no repository can have. */
export function noSuchRepository(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-repository', message: 'there is no such repository' });
}
