import { formatActionLine, type Action, type ActionLine } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { DefinitionsView } from '@berth/definitions';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { decide, parsePrincipalRef, type GrantRef } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { noSuchRegistry, RegistryStore } from './registry.js';
import { Report } from './report.js';
import { RoleAssignmentStore } from './role-assignment.js';

/** A caller and all that it holds, as the tables say now. */
export interface Holder {
  readonly caller: Caller;
  readonly grants: DefinitionsView;
}

/** What a caller wants to do, to what. */
export interface RegistryAttempt {
  /** The registry's name. */
  readonly registry: string;
  readonly action: Action;
  /** The name of the thing in it. */
  readonly resourceName: string;
}

/** A caller who may do something in a registry. */
export interface Authorized {
  readonly holder: Holder;
  readonly registry: RegistryDefinition;
  readonly action: Action;
  readonly resourceName: string;
  /** What allowed it. */
  readonly decidedBy: GrantRef;
}

/** Decides what callers of the management API may do: policy owns the definitions, so from its own tables. */
@Injectable()
export class RegistryAccess {
  constructor(
    private readonly db: Database,
    private readonly registries: RegistryStore,
    private readonly assignments: RoleAssignmentStore,
    private readonly report: Report,
  ) {}

  /** Reads what a caller holds. @throws AppError 'unavailable' without Postgres */
  async holderOf(caller: Caller): Promise<Holder> {
    const held = await this.assignments.ofPrincipals(this.db, caller.account, [caller.ref, ...caller.groups]);
    const grants = new DefinitionsView();
    for (const assignment of held) grants.upsert(assignment);
    return { caller, grants };
  }

  /**
   * @throws AppError 'not-found' when the caller's account has no such registry, 'denied' (with an entry in the audit log)
   *   when the caller may not
   */
  async authorize(caller: Caller, { registry: name, action, resourceName }: RegistryAttempt): Promise<Authorized> {
    const registry = await this.registries.find(this.db, caller.account, name);
    if (registry === null) throw noSuchRegistry();
    const holder = await this.holderOf(caller);
    const decision = decideFor(holder, action, registry);
    if (decision.effect === 'allow') return { holder, registry, action, resourceName, decidedBy: decision.by };
    await this.report.refused({ caller, action, registryId: registry.id, resourceName }, decision.reason);
    throw new AppError({ kind: 'denied', code: decision.reason, message: decision.message });
  }

  /**
   * Nobody gives what they don't hold: every right that a scope map gives must be the caller's now.
   *
   * @throws AppError 'denied' (with an entry in the audit log) naming the first line that the caller doesn't hold
   */
  async requireHeld({ holder, registry, action, resourceName }: Authorized, lines: readonly ActionLine[]) {
    const lacking = lines.find((line) => decideFor(holder, line.action, registry, line.pattern).effect === 'deny');
    if (lacking === undefined) return;
    const line = formatActionLine(lacking);
    const { caller } = holder;
    await this.report.refused({ caller, action, registryId: registry.id, resourceName, asked: line }, 'not-held');
    throw new AppError({
      kind: 'denied',
      code: 'not-held',
      message: `you can't give what you don't hold: ${line}`,
      detail: { line },
    });
  }
}

/** Decides about a registry, or about repositories of it; null = about all registries of the caller's account. */
export function decideFor(
  { caller, grants }: Holder,
  action: Action,
  registry: RegistryDefinition | null,
  repository: ActionLine['pattern'] | null = null,
) {
  const principal = {
    ref: parsePrincipalRef(caller.ref),
    account: caller.account,
    groups: caller.groups.map(parsePrincipalRef),
    scopeMapId: null,
  };
  const account = registry?.account ?? caller.account;
  return decide(grants, { principal, action, account, registryId: registry?.id ?? null, repository });
}
