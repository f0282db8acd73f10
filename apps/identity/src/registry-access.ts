import { formatActionLine, type Action, type ActionLine } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import {
  decide,
  decisionContext,
  principalOf,
  unknownRegistryId,
  type GrantRef,
  type ScopeMap,
} from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
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
   * Whoever may not do it in all of the account, and names a registry that is not there, is refused as for any other.
   *
   * @throws AppError 'denied' (with an entry in the audit log) when the caller may not, 'not-found' when the caller's account has
   *   no such registry
   */
  async authorize(caller: Caller, attempt: Attempt): Promise<Authorized> {
    const registry = await this.registryOf(caller, attempt.registry);
    const { action, resourceName } = attempt;
    const decision = decide(this.definitions.view, {
      principal: principalOf(caller),
      action,
      account: caller.account,
      registryId: registry?.id ?? unknownRegistryId,
      repository: null,
      context: decisionContext(this.clock(), caller.address),
    });
    if (decision.effect === 'deny') {
      await this.report.refused(factsOf({ caller, registry, action, resourceName }), decision.reason);
      throw new AppError({ kind: 'denied', code: decision.reason, message: decision.message });
    }
    if (registry === null) throw noSuchRegistry();
    return { caller, registry, action, resourceName, decidedBy: decision.by };
  }

  /**
   * As {@link authorize} for what everybody may do with what they hold themselves in a registry.
   *
   * @param lines what the caller must hold; at least one
   * @returns the registry
   */
  async requireOwn(caller: Caller, attempt: Attempt, lines: readonly ActionLine[]): Promise<RegistryDefinition> {
    const registry = await this.registryOf(caller, attempt.registry);
    const { action, resourceName } = attempt;
    const lacking = this.lacking(caller, registry?.id ?? unknownRegistryId, lines);
    if (lacking !== null) throw await this.notHeld({ caller, registry, action, resourceName }, lacking);
    if (registry === null) throw noSuchRegistry();
    return registry;
  }

  /**
   * Nobody gives away what they don't have: every right that a scope map gives must be the caller's now.
   *
   * @param map null = deleted, so it gives nothing and never will again: a re-created one has another id
   * @throws AppError 'denied' (with an entry in the audit log) naming the first line that the caller doesn't hold
   */
  async requireHeld(authorized: Authorized, map: ScopeMap | null): Promise<void> {
    if (map === null) return;
    const lacking = this.lacking(authorized.caller, authorized.registry.id, map.lines);
    if (lacking !== null) throw await this.notHeld(authorized, lacking, `scope map ${map.name} gives `);
  }

  /** The first line that a caller doesn't hold. What is forbidden to everybody for now takes no right from its holder. */
  private lacking(caller: Caller, registryId: string, lines: readonly ActionLine[]): ActionLine | null {
    const held = { principal: principalOf(caller), account: caller.account, registryId };
    const context = { atMs: this.clock() };
    const { grants } = this.definitions;
    const isLacking = ({ action, pattern }: ActionLine) =>
      decide(grants, { ...held, action, repository: pattern, context }).effect === 'deny';
    return lines.find(isLacking) ?? null;
  }

  private async notHeld(attempt: Parameters<typeof factsOf>[0], lacking: ActionLine, giver = ''): Promise<AppError> {
    const line = formatActionLine(lacking);
    await this.report.refused({ ...factsOf(attempt), asked: line }, 'not-held');
    const message = `you can't give what you don't hold: ${giver}${line}`;
    return new AppError({ kind: 'denied', code: 'not-held', message, detail: { line } });
  }

  /** By the newest definitions that the schema holds; null also for another account's. */
  private async registryOf({ account }: Caller, name: string): Promise<RegistryDefinition | null> {
    const registry = await this.named.registry(name);
    return registry?.account === account && registry.status === 'active' ? registry : null;
  }
}

/** Who is told to have done it, or to have tried. */
export function factsOf({
  caller,
  registry,
  action,
  resourceName,
}: Pick<Authorized, 'caller' | 'action' | 'resourceName'> & {
  /** null = there is none of the name that was given. */
  readonly registry: RegistryDefinition | null;
}): ManagementFacts {
  const { address, userAgent, traceId } = caller;
  return {
    account: caller.account,
    actor: { id: caller.ref, name: caller.name },
    origin: { address, userAgent, traceId },
    action,
    registryId: registry?.id ?? null,
    resourceName,
  };
}

/** Whether it never was, or is another account's. */
function noSuchRegistry(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-registry', message: 'there is no such registry' });
}
