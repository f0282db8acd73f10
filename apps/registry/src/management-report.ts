import type { Action } from '@berth/access';
import { changeTopics, installation, type EntryDraft, type RegistryDefinition } from '@berth/contracts';
import type { Clock } from '@berth/foundation';
import { originOf, requestSource, type Caller, type RefusedEntries, type RefusedToken } from '@berth/http';
import type { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import type { GrantRef } from '@berth/policy-engine';
import type { ActivityLog } from './report.js';
import type { RepositoryAddress } from './repository.js';

/** What somebody did or tried to a repository. */
export interface ManagementAttempt {
  readonly caller: Caller;
  readonly registry: RegistryDefinition;
  readonly address: RepositoryAddress;
  readonly action: Action;
}

/** What callers of the management API do, told to the audit log: one method per event. */
export class ManagementReport {
  /** @param refusals bounds how many entries a source of refused tokens gets */
  constructor(
    private readonly activity: ActivityLog,
    private readonly refusals: Pick<RefusedEntries, 'enter'>,
    private readonly outbox: Outbox,
    private readonly producer: { readonly service: 'registry'; readonly instance: string },
    private readonly clock: Clock,
  ) {}

  /** A caller may not do what it asked for. Resolves once the entry is on disk: only then may the refusal leave. */
  async refused(attempt: ManagementAttempt, reason: string): Promise<void> {
    await this.activity.append({ ...this.entry(attempt, 'refused', 'refused'), reason });
  }

  /** A repository is being deleted. */
  async repositoryDeleted(
    tx: Transaction,
    { decidedBy: { kind, id, version }, ...attempt }: ManagementAttempt & { readonly decidedBy: GrantRef },
  ): Promise<void> {
    const decidedBy = [{ ref: `${kind}:${id}`, version }];
    await this.outbox.record(tx, changeTopics.registry, {
      ...this.entry(attempt, 'repository-deleted', 'allowed'),
      decidedBy,
    });
  }

  /** A repository of a registry or namespace that is being deleted is being deleted with it; nobody asks for it by itself. */
  async repositoryEmptied(
    tx: Transaction,
    { account, registryId, name }: RepositoryAddress,
    decidedBy: { readonly ref: string; readonly version: number },
  ): Promise<void> {
    await this.outbox.record(tx, changeTopics.registry, {
      ...{ at: this.now(), account, event: 'repository-deleted', outcome: 'allowed', action: 'content/delete' },
      actor: { id: null, name: 'deletion' },
      target: { registryId, repository: name },
      decidedBy: [decidedBy],
      source: {},
      ...this.producer,
    });
  }

  /** Somebody presented a management token that isn't good. Resolves once the entry is on disk. */
  async tokenRefused(refused: RefusedToken): Promise<void> {
    await this.refusals.enter(requestSource(refused.address), {
      ...{ at: this.now(), account: installation.accountId, event: 'refused', outcome: 'refused' },
      ...{ actor: { id: null, name: 'unknown' }, action: null, target: {}, reason: refused.reason },
      ...originOf(refused),
      ...this.producer,
    });
  }

  private entry(
    { caller, registry, address, action }: ManagementAttempt,
    event: EntryDraft['event'],
    outcome: EntryDraft['outcome'],
  ): EntryDraft {
    return {
      ...{ at: this.now(), account: registry.account, event, outcome, action },
      actor: { id: caller.ref, name: caller.name },
      target: { registryId: registry.id, repository: address.name },
      ...originOf(caller),
      ...this.producer,
    };
  }

  private now(): string {
    return new Date(this.clock()).toISOString();
  }
}
