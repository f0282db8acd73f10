import type { Action } from '@berth/access';
import { changeTopics, installation, type EntryDraft, type RegistryDefinition } from '@berth/contracts';
import type { Clock } from '@berth/foundation';
import { originOf, requestSource, type Caller, type RefusedEntries, type RefusedToken } from '@berth/http';
import type { Outbox } from '@berth/messaging';
import { isRepositoryName, type Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { GrantRef } from '@berth/policy-engine';
import type { EndedHold, QuarantineState } from './quarantine.js';
import type { ActivityLog } from './report.js';
import type { RepositoryAddress } from './repository.js';

/** What somebody did or tried to a repository. */
export interface ManagementAttempt {
  readonly caller: Caller;
  readonly registry: RegistryDefinition;
  readonly address: RepositoryAddress;
  readonly action: Action;
}

/** What somebody may not do, to a repository that they named. */
export interface RefusedAttempt extends Pick<ManagementAttempt, 'caller' | 'action'> {
  /** null = there is none of the name that was given. */
  readonly registry: RegistryDefinition | null;
  /** As in the address: it may be no name that a repository can have. null = the registry as a whole. */
  readonly repository: string | null;
}

const quarantineEvents = {
  quarantined: 'quarantined',
  passed: 'quarantine-passed',
  failed: 'quarantine-failed',
} as const;

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
  async refused({ caller, registry, repository, action }: RefusedAttempt, reason: string): Promise<void> {
    const named = repository !== null && isRepositoryName(repository) ? { repository } : {};
    await this.activity.append({
      ...{ at: this.now(), account: caller.account, event: 'refused', outcome: 'refused', action, reason },
      actor: { id: caller.ref, name: caller.name },
      target: { ...(registry === null ? {} : { registryId: registry.id }), ...named },
      ...originOf(caller),
      ...this.producer,
    });
  }

  /** A repository is being deleted. */
  async repositoryDeleted(
    tx: Transaction,
    { decidedBy: { kind, id, version }, ...attempt }: ManagementAttempt & { readonly decidedBy: GrantRef },
  ): Promise<void> {
    const decidedBy = [{ ref: `${kind}:${id}`, version }];
    await this.outbox.record(tx, changeTopics.registry, {
      ...this.entry(attempt, 'repository-deleted'),
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

  /** What was decided about a manifest is being changed. */
  async quarantineChanged(
    tx: Transaction,
    { decidedBy: { kind, id, version }, ...attempt }: ManagementAttempt & { readonly decidedBy: GrantRef },
    { digest, state }: { readonly digest: Digest; readonly state: QuarantineState },
  ): Promise<void> {
    const { target, ...entry } = this.entry(attempt, quarantineEvents[state]);
    const decidedBy = [{ ref: `${kind}:${id}`, version }];
    await this.outbox.record(tx, changeTopics.registry, { ...entry, target: { ...target, digest }, decidedBy });
  }

  /** A quarantine about which nobody decided in time is ending; nobody asks for it. */
  async quarantineEnded(tx: Transaction, { repository, digest }: EndedHold): Promise<void> {
    const { account, registryId, name } = repository;
    await this.outbox.record(tx, changeTopics.registry, {
      ...{ at: this.now(), account, event: 'quarantine-passed', outcome: 'allowed', action: null },
      ...{ actor: { id: null, name: 'quarantine' }, reason: 'nobody-decided', source: {} },
      target: { registryId, repository: name, digest },
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

  private entry({ caller, registry, address, action }: ManagementAttempt, event: EntryDraft['event']): EntryDraft {
    return {
      ...{ at: this.now(), account: registry.account, event, outcome: 'allowed', action },
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
