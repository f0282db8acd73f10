import type { Action } from '@berth/access';
import { changeTopics, type AccessClaims, type EntryDraft, type EntryEvent } from '@berth/contracts';
import type { Digest, Reference, RepositoryName } from '@berth/oci';
import type { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import type { AddressedRegistry, DataPlaneCaller, RequestSource } from './caller.js';
import type { Clock } from '@berth/foundation';

/** Where entries of pulls and refusals go; written when the promise resolves. */
export interface ActivityLog {
  append(entry: EntryDraft): Promise<void>;
}

/** Counts of what happened, by name; read by the metrics. */
export type Counted = EntryEvent | 'challenge';

/** Content of a repository that something happened to. */
export interface Content {
  readonly repository: RepositoryName;
  readonly reference?: Reference;
  readonly digest: Digest;
  readonly bytes: number;
}

/** A refusal of a presented credential. */
export interface Refusal {
  readonly registry: AddressedRegistry;
  readonly source: RequestSource;
  /** Null when the token isn't known to be anybody's. */
  readonly claims: AccessClaims | null;
  readonly reason: string;
  /** What was asked, as a Docker scope; null at `/v2/`. */
  readonly asked: string | null;
  readonly repository: RepositoryName | null;
  /** What the request is for; null at `/v2/`. */
  readonly action: Action | null;
}

type Facts = Pick<EntryDraft, 'event' | 'action' | 'outcome' | 'target'> & Partial<EntryDraft>;

/**
 * What happens at the data plane, told to the audit log: one method per event. Pulls and refusals go to the spool, and
 * their answer must wait for the promise; changes go to the outbox, in their transaction.
 */
export class Report {
  readonly counts = new Map<Counted, number>();

  constructor(
    private readonly activity: ActivityLog,
    private readonly outbox: Outbox,
    private readonly producer: { readonly service: 'registry'; readonly instance: string },
    private readonly clock: Clock,
  ) {}

  /** A manifest is about to be answered. */
  pulled(caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.write(caller, { ...allowed('pull', 'content/read'), target: target(caller, content) });
  }

  /** That a manifest exists, or is still the same, is about to be answered. */
  checked(caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.write(caller, { ...allowed('check', 'content/read'), target: target(caller, content) });
  }

  /** A blob or a range of it is about to be answered; `bytes` of it. */
  blobPulled(caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.write(caller, { ...allowed('blob-pull', 'content/read'), target: target(caller, content) });
  }

  /** A stream broke; `bytes` had been given to the connection. */
  pullAborted(caller: DataPlaneCaller, content: Content): Promise<void> {
    const facts = { event: 'pull-aborted', action: 'content/read', outcome: 'aborted' } as const;
    return this.write(caller, { ...facts, target: target(caller, content) });
  }

  /** A credential that was presented is about to be refused. */
  refused({ registry, source, claims, reason, asked, repository, action }: Refusal): Promise<void> {
    this.count('refused');
    return this.activity.append({
      ...{ at: this.now(), account: claims?.acct ?? registry.account, event: 'refused', outcome: 'refused', reason },
      actor: claims === null ? { id: null, name: '' } : actorOf(claims),
      action,
      ...(asked === null ? {} : { asked }),
      target: { registryId: registry.id, ...(repository === null ? {} : { repository }) },
      ...(claims === null ? {} : { decidedBy: decidedBy(claims) }),
      ...sourceOf(source),
      ...this.producer,
    });
  }

  /** A blob is being linked into a repository. */
  blobUploaded(tx: Transaction, caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.record(tx, caller, { ...allowed('blob-uploaded', 'content/write'), target: target(caller, content) });
  }

  /** A manifest is being stored, or a tag moved to it. */
  manifestPushed(tx: Transaction, caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.record(tx, caller, { ...allowed('manifest-pushed', 'content/write'), target: target(caller, content) });
  }

  /** Counts what has no entry of its own. */
  count(what: Counted): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  private write(caller: DataPlaneCaller, facts: Facts): Promise<void> {
    this.count(facts.event);
    return this.activity.append(this.entry(caller, facts));
  }

  private async record(tx: Transaction, caller: DataPlaneCaller, facts: Facts): Promise<void> {
    tx.afterCommit(() => this.count(facts.event));
    await this.outbox.record(tx, changeTopics.registry, this.entry(caller, facts));
  }

  private entry({ claims, registry, source }: DataPlaneCaller, facts: Facts): EntryDraft {
    return {
      at: this.now(),
      account: registry.account,
      actor: actorOf(claims),
      ...facts,
      decidedBy: decidedBy(claims),
      ...sourceOf(source),
      ...this.producer,
    };
  }

  private now(): string {
    return new Date(this.clock()).toISOString();
  }
}

function allowed<E extends EntryEvent>(event: E, action: string) {
  return { event, action, outcome: 'allowed' } as const;
}

function target(
  { registry }: DataPlaneCaller,
  { repository, reference, digest, bytes }: Content,
): EntryDraft['target'] {
  const tag = reference?.kind === 'tag' ? { tag: reference.tag } : {};
  return { registryId: registry.id, repository, ...tag, digest, bytes };
}

function actorOf({ sub, name, slot }: AccessClaims): EntryDraft['actor'] {
  return slot === undefined ? { id: sub, name } : { id: sub, name, slot };
}

function decidedBy({ ver }: AccessClaims): { ref: string; version: number }[] {
  return Object.entries(ver).map(([ref, version]) => ({ ref, version }));
}

function sourceOf({ address, userAgent, traceId }: RequestSource): Pick<EntryDraft, 'source' | 'traceId'> {
  return {
    source: {
      ...(address === null ? {} : { address: address.slice(0, 64) }),
      ...(userAgent === null ? {} : { userAgent: userAgent.slice(0, 256) }),
    },
    ...(traceId === null ? {} : { traceId }),
  };
}
