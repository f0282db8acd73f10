import { formatActionLine, type Action } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { decide, type GrantRef, type ScopeMap } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { principalOf } from './account-access.js';
import { DefinitionsCopy } from './definitions-copy.js';
import { NamedDefinitions } from './named-definitions.js';
import { Report, type ManagementFacts } from './report.js';

/** A caller who may do something in a registry. */
export interface Authorized {
  readonly caller: Caller;
  readonly registry: RegistryDefinition;
  readonly action: Action;
  /** The name of the thing that is read or changed. */
  readonly resourceName: string;
  /** What allowed it; null = the thing is the caller's own. */
  readonly decidedBy: GrantRef | null;
}

/** What a caller wants to do, to what. */
export interface Attempt {
  /** The registry's name. */
  readonly registry: string;
  readonly action: Action;
  readonly resourceName: string;
}

/** Decides what callers of the management API may do, on the newest definitions that the schema holds. */
@Injectable()
export class RegistryAccess {
  constructor(
    private readonly definitions: DefinitionsCopy,
    private readonly named: NamedDefinitions,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError 'not-found' when the caller's account has no such registry, 'denied' (with an entry in the audit log)
   *   when the caller may not
   */
  async authorize(caller: Caller, attempt: Attempt): Promise<Authorized> {
    const registry = await this.named.registry(attempt.registry);
    if (registry === null || registry.account !== caller.account || registry.status !== 'active') {
      throw new AppError({ kind: 'not-found', code: 'unknown-registry', message: 'there is no such registry' });
    }
    const { action, resourceName } = attempt;
    const decision = decide(this.definitions.view, {
      principal: principalOf(caller),
      action,
      account: registry.account,
      registryId: registry.id,
      repository: null,
      context: { atMs: this.clock(), ...(caller.address === undefined ? {} : { address: caller.address }) },
    });
    if (decision.effect === 'allow') return { caller, registry, action, resourceName, decidedBy: decision.by };
    await this.report.refused(factsOf({ caller, registry, action, resourceName }), decision.reason);
    throw new AppError({ kind: 'denied', code: decision.reason, message: decision.message });
  }

  /**
   * Nobody gives away what they don't have: every right that a scope map gives must be the caller's now.
   *
   * @param map null = deleted, so it gives nothing and never will again: a re-created one has another id
   * @throws AppError 'denied' (with an entry in the audit log) naming the first line that the caller doesn't hold
   */
  async requireHeld(authorized: Authorized, map: ScopeMap | null): Promise<void> {
    if (map === null) return;
    const { caller, registry } = authorized;
    const held = { principal: principalOf(caller), account: registry.account, registryId: registry.id };
    const context = { atMs: this.clock() };
    // What is forbidden to everybody for now takes no right from its holder.
    const { grants } = this.definitions;
    const lacking = map.lines.find(
      ({ action, pattern }) => decide(grants, { ...held, action, repository: pattern, context }).effect === 'deny',
    );
    if (lacking === undefined) return;
    const line = formatActionLine(lacking);
    await this.report.refused({ ...factsOf(authorized), asked: line }, 'not-held');
    throw new AppError({
      kind: 'denied',
      code: 'not-held',
      message: `you can't give what you don't hold: scope map ${map.name} gives ${line}`,
      detail: { line },
    });
  }
}

/** Who is told to have done it, or to have tried. */
export function factsOf({ caller, registry, action, resourceName }: Omit<Authorized, 'decidedBy'>): ManagementFacts {
  const { address, userAgent, traceId } = caller;
  return {
    account: registry.account,
    actor: { id: caller.ref, name: caller.name },
    origin: { address, userAgent, traceId },
    action,
    registryId: registry.id,
    resourceName,
  };
}
