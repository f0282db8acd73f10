import type { Action } from '@berth/access';
import { changeTopics, type AccessClaims, type EntryDraft, type EntryEvent } from '@berth/contracts';
import type { Digest, Reference, RepositoryName, Tag } from '@berth/oci';
import { originOf, requestSource, type RefusedEntries } from '@berth/http';
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
  /** Left out where nobody looked. */
  readonly bytes?: number;
}

/** On which right content is opened. */
export type ReadingRight = Extract<Action, 'content/read' | 'quarantine/read'>;

/** A limit of storage that is nearly reached. */
export interface NearedQuota {
  /** null = the whole registry's. */
  readonly namespace: string | null;
  readonly usedBytes: number;
  readonly limitBytes: number;
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

/** A blob of an account whose bytes are not those of its digest. */
export interface DamagedBlob {
  readonly account: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly reason: string;
}

type Facts = Pick<EntryDraft, 'event' | 'action' | 'outcome' | 'target'> & Partial<EntryDraft>;

/**
 * What happens at the data plane, told to the audit log: one method per event. Pulls and refusals go to the spool, and
 * their answer must wait for the promise; changes go to the outbox, in their transaction.
 */
export class Report {
  readonly counts = new Map<Counted, number>();

  /** @param refusals bounds how many entries a source of refusals gets */
  constructor(
    private readonly activity: ActivityLog,
    private readonly refusals: Pick<RefusedEntries, 'enter'>,
    private readonly outbox: Outbox,
    private readonly producer: { readonly service: 'registry'; readonly instance: string },
    private readonly clock: Clock,
  ) {}

  /** A manifest is about to be answered. */
  pulled(caller: DataPlaneCaller, content: Content, right: ReadingRight): Promise<void> {
    return this.write(caller, { ...allowed('pull', right), target: target(caller, content) });
  }

  /** That a manifest exists, or is still the same, is about to be answered. */
  checked(caller: DataPlaneCaller, content: Content, right: ReadingRight): Promise<void> {
    return this.write(caller, { ...allowed('check', right), target: target(caller, content) });
  }

  /** A blob or a range of it is about to be answered; `bytes` of it. */
  blobPulled(caller: DataPlaneCaller, content: Content, right: ReadingRight): Promise<void> {
    return this.write(caller, { ...allowed('blob-pull', right), target: target(caller, content) });
  }

  /** A stream broke; `bytes` had been given to the connection. */
  pullAborted(caller: DataPlaneCaller, content: Content, right: ReadingRight): Promise<void> {
    const facts = { event: 'pull-aborted', action: right, outcome: 'aborted' } as const;
    return this.write(caller, { ...facts, target: target(caller, content) });
  }

  /** A credential that was presented is about to be refused; of a source that is refused all the time, most are counted. */
  refused({ registry, source, claims, reason, asked, repository, action }: Refusal): Promise<void> {
    this.count('refused');
    return this.refusals.enter(requestSource(source.address), {
      ...{ at: this.now(), account: claims?.acct ?? registry.account, event: 'refused', outcome: 'refused', reason },
      actor: claims === null ? { id: null, name: '' } : actorOf(claims),
      action,
      ...(asked === null ? {} : { asked }),
      target: { registryId: registry.id, ...(repository === null ? {} : { repository }) },
      ...(claims === null ? {} : { decidedBy: decidedBy(claims) }),
      ...originOf(source),
      ...this.producer,
    });
  }

  /** A blob is being linked into a repository. */
  blobUploaded(tx: Transaction, caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.record(tx, caller, { ...allowed('blob-uploaded', 'content/write'), target: target(caller, content) });
  }

  /** A manifest is being stored, and tags pointed at it: one entry for each. */
  async manifestPushed(
    tx: Transaction,
    caller: DataPlaneCaller,
    content: Content,
    tags: readonly Tag[],
  ): Promise<void> {
    for (const named of eachOf(content, tags)) {
      await this.record(tx, caller, { ...allowed('manifest-pushed', 'content/write'), target: target(caller, named) });
    }
  }

  /** A manifest is being pushed where what is pushed is closed until a scanner passes it. */
  manifestQuarantined(tx: Transaction, caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.record(tx, caller, { ...allowed('quarantined', 'content/write'), target: target(caller, content) });
  }

  /** Storage is being used up to near a limit; `bytes` are used then. */
  quotaNeared(
    tx: Transaction,
    caller: DataPlaneCaller,
    { namespace, usedBytes, limitBytes }: NearedQuota,
  ): Promise<void> {
    const registryId = caller.registry.id;
    const resource =
      namespace === null
        ? { resource: `registry:${registryId}` }
        : { resource: `namespace:${registryId}/${namespace}`, resourceName: namespace };
    return this.record(tx, caller, {
      ...{ ...allowed('quota-neared', 'content/write'), reason: 'quota', asked: `limit=${limitBytes}` },
      target: { registryId, ...resource, bytes: usedBytes },
    });
  }

  /** A blob of another repository is being linked into one. */
  blobMounted(tx: Transaction, caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.record(tx, caller, { ...allowed('blob-mounted', 'content/write'), target: target(caller, content) });
  }

  /** A manifest is being removed with every tag that points at it: one entry for each. */
  async manifestDeleted(
    tx: Transaction,
    caller: DataPlaneCaller,
    content: Content,
    tags: readonly Tag[],
  ): Promise<void> {
    for (const named of eachOf(content, tags)) {
      await this.record(tx, caller, {
        ...allowed('manifest-deleted', 'content/delete'),
        target: target(caller, named),
      });
    }
  }

  /** A tag is being taken away, its manifest stays. */
  untagged(tx: Transaction, caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.record(tx, caller, { ...allowed('untagged', 'content/delete'), target: target(caller, content) });
  }

  /** A blob is being taken out of a repository. */
  blobDeleted(tx: Transaction, caller: DataPlaneCaller, content: Content): Promise<void> {
    return this.record(tx, caller, { ...allowed('blob-deleted', 'content/delete'), target: target(caller, content) });
  }

  /** The bytes of a blob are being marked as not those of its digest; `reason` says what is wrong. Nobody asked for it. */
  async blobFoundBad(tx: Transaction, { account, digest, sizeBytes, reason }: DamagedBlob): Promise<void> {
    tx.afterCommit(() => this.count('blob-found-bad'));
    await this.outbox.record(tx, changeTopics.registry, {
      ...{ at: this.now(), account, ...allowed('blob-found-bad', null), reason },
      ...{ actor: { id: null, name: 'scrubber' }, target: { digest, bytes: sizeBytes }, source: {} },
      ...this.producer,
    });
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
      ...originOf(source),
      ...this.producer,
    };
  }

  private now(): string {
    return new Date(this.clock()).toISOString();
  }
}

function eachOf(content: Content, tags: readonly Tag[]): readonly Content[] {
  if (tags.length === 0) return [content];
  return tags.map((tag) => ({ ...content, reference: { kind: 'tag', tag } }));
}

function allowed<E extends EntryEvent>(event: E, action: string | null) {
  return { event, action, outcome: 'allowed' } as const;
}

function target(
  { registry }: DataPlaneCaller,
  { repository, reference, digest, bytes }: Content,
): EntryDraft['target'] {
  const tag = reference?.kind === 'tag' ? { tag: reference.tag } : {};
  return { registryId: registry.id, repository, ...tag, digest, ...(bytes === undefined ? {} : { bytes }) };
}

function actorOf({ sub, name, slot }: AccessClaims): EntryDraft['actor'] {
  return slot === undefined ? { id: sub, name } : { id: sub, name, slot };
}

function decidedBy({ ver }: AccessClaims): { ref: string; version: number }[] {
  return Object.entries(ver).map(([ref, version]) => ({ ref, version }));
}
