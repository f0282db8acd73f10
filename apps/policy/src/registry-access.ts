import { formatActionLine, type Action, type ActionLine } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { DefinitionsView } from '@berth/definitions';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Queryable, type Transaction } from '@berth/persistence';
import { unknownRegistryId, type Decision, type GrantRef } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { DecisionRules } from './decision-rules.js';
import { GrantSource, namesResourceGroup } from './grant-source.js';
import {
  decideAt,
  decideFor,
  holdsAnywhere,
  wholeAccount,
  type Holder,
  type HolderExtent,
  type Where,
} from './holder.js';
import { noSuchRegistry, RegistryStore } from './registry.js';
import { Report, type Attempt } from './report.js';

/** What a caller wants to do, to what in a registry. */
export interface RegistryAttempt {
  /** The registry's name. */
  readonly registry: string;
  readonly action: Action;
  /** The name of the thing in it. */
  readonly resourceName: string;
}

/** What a caller wants to do to a registry, or to one namespace of it. */
export interface AttemptInRegistry extends Omit<RegistryAttempt, 'registry'> {
  /** Left out or null = the registry itself. */
  readonly namespace?: string | null;
}

/** What a caller wants to do to something that may lie in no registry, or in several. */
export interface AccountAttempt {
  readonly action: Action;
  /** At least one; the caller must be allowed at each. */
  readonly at: readonly Where[];
  readonly resourceName: string;
  /** What was asked in the caller's words, for the audit log. */
  readonly asked?: string;
}

/** A caller who may do something. */
export interface AuthorizedAt extends AccountAttempt {
  readonly holder: Holder;
  /** What allowed it. */
  readonly decidedBy: GrantRef;
}

/** A caller who may do something in a registry. */
export interface Authorized extends AuthorizedAt {
  readonly registry: RegistryDefinition;
}

/** Decides what callers of the management API may do: policy owns the definitions, so from its own tables. */
@Injectable()
export class RegistryAccess {
  constructor(
    private readonly db: Database,
    private readonly registries: RegistryStore,
    private readonly source: GrantSource,
    private readonly report: Report,
    private readonly rules: DecisionRules,
  ) {}

  /**
   * Reads what a caller holds.
   *
   * @param registryIds the registries that will be decided about; null = all of the account
   * @throws AppError 'unavailable' without Postgres
   */
  async holderOf(caller: Caller, registryIds: readonly string[] | null = null): Promise<Holder> {
    return this.read(this.db, caller, { registryIds, withAllNamespaces: false });
  }

  /** As {@link holderOf}, with all that tells which scopes of the account lie within others. */
  async holderInAccount(caller: Caller): Promise<Holder> {
    return this.read(this.db, caller, { registryIds: null, withAllNamespaces: true });
  }

  /**
   * Reads again what a caller holds, and until the transaction ends nobody takes it away: whatever gives something to
   * somebody is decided by this, as a right may have been revoked since it was first looked at. First in the transaction,
   * before any row lock.
   */
  async holderAgain(tx: Transaction, { caller, extent }: Holder): Promise<Holder> {
    await this.source.lock(tx, caller.account);
    return this.read(tx, caller, extent);
  }

  /** Decides again what was allowed, by {@link holderAgain}. @throws AppError 'denied' (with an entry in the audit log) */
  async again(tx: Transaction, by: AuthorizedAt): Promise<AuthorizedAt> {
    return this.requireAt(await this.holderAgain(tx, by.holder), by);
  }

  /** As {@link again}, with the registry as it is now. @throws AppError 'not-found' when it is gone, 'denied' */
  async againIn(tx: Transaction, by: Authorized): Promise<Authorized> {
    const now = await this.again(tx, by);
    const registry = now.holder.grants.registry(by.registry.id);
    if (registry === null) throw noSuchRegistry();
    return { ...now, registry };
  }

  /**
   * Whoever may not do it in all of the account, and names a registry that is not there, is refused as for any other.
   *
   * @throws AppError 'denied' (with an entry in the audit log) when the caller may not, 'not-found' when the caller's account has
   *   no such registry
   */
  async authorize(caller: Caller, { registry: name, ...attempt }: RegistryAttempt): Promise<Authorized> {
    const registry = await this.registries.find(this.db, caller.account, name);
    const holder = await this.holderOf(caller, registry === null ? [] : [registry.id]);
    return this.requireIn(holder, registry, attempt);
  }

  /** As {@link authorize}, with what has been read of a caller before, and the registry if it is there. */
  async requireIn(
    holder: Holder,
    registry: RegistryDefinition | null,
    { namespace, ...attempt }: AttemptInRegistry,
  ): Promise<Authorized> {
    const inside = namespace === undefined ? {} : { namespace };
    const at = [{ registryId: registry?.id ?? unknownRegistryId, repository: null, ...inside }];
    const by = await this.requireAt(holder, { ...attempt, at });
    if (registry === null) throw noSuchRegistry();
    return { ...by, registry };
  }

  /** As {@link authorize}, for an account, a resource group, a region, or any scope. */
  async authorizeAt(caller: Caller, attempt: AccountAttempt): Promise<AuthorizedAt> {
    const registryIds = attempt.at.flatMap(({ registryId }) => registryId ?? []);
    return this.requireAt(await this.holderOf(caller, registryIds), attempt);
  }

  /** As {@link authorizeAt}, with what has been read of a caller before. @throws AppError 'denied' */
  async requireAt(holder: Holder, { action, at, resourceName, asked }: AccountAttempt): Promise<AuthorizedAt> {
    const { caller } = holder;
    const decisions = at.map((where) => ({ where, decision: decideAt(holder, action, where) }));
    const { where, decision } = decisions.find((each) => each.decision.effect === 'deny') ?? decisions[0] ?? {};
    if (decision === undefined) throw new AppError({ kind: 'bug', message: 'nothing was asked about' });
    const told = asked === undefined ? {} : { asked: asked.slice(0, 2000) };
    const registryId = where?.registryId === unknownRegistryId ? null : (where?.registryId ?? null);
    const attempt = { caller, action, registryId, resourceName, ...told };
    return { holder, action, at, resourceName, ...told, decidedBy: await this.allowed(attempt, decision) };
  }

  /**
   * Before an answer could tell what is there: who may do something nowhere in the account is refused alike, whatever was
   * named.
   *
   * @throws AppError 'denied' (with an entry in the audit log)
   */
  async requireSomewhere(holder: Holder, attempt: Omit<AccountAttempt, 'at'>): Promise<void> {
    if (!holdsAnywhere(holder, attempt.action)) await this.requireAt(holder, { ...attempt, at: [wholeAccount] });
  }

  /**
   * Nobody gives what they don't hold: every right that a scope map gives must be the caller's now.
   *
   * @throws AppError 'denied' (with an entry in the audit log) naming the first line that the caller doesn't hold
   */
  async requireHeld(
    { holder, registry, action, resourceName }: Omit<Authorized, 'at' | 'decidedBy'>,
    lines: readonly ActionLine[],
  ) {
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

  private async read(db: Queryable, caller: Caller, extent: HolderExtent): Promise<Holder> {
    const { account, ref, groups } = caller;
    const { registryIds, withAllNamespaces } = extent;
    const held = await this.source.heldBy(db, { account, principals: [ref, ...groups], registryIds });
    const needsNamespaces = withAllNamespaces || namesResourceGroup(held);
    const namespaces = needsNamespaces ? await this.source.namespacesOf(db, account, registryIds) : [];
    const grants = new DefinitionsView(this.rules);
    for (const definition of [...held, ...namespaces]) grants.upsert(definition);
    return { caller, grants, atMs: this.rules.nowMs(), extent };
  }

  private async allowed(attempt: Attempt, decision: Decision): Promise<GrantRef> {
    if (decision.effect === 'allow') return decision.by;
    await this.report.refused(attempt, decision.reason);
    throw new AppError({ kind: 'denied', code: decision.reason, message: decision.message });
  }
}
