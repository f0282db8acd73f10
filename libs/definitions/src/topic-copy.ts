import type { StateTopic } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Transaction } from '@berth/persistence';

/** What was stored of a key before a newer state of it. */
export type PreviousState<Data> =
  | { readonly kind: 'none' }
  | { readonly kind: 'known'; readonly data: Data }
  /** Another version of this code stored it. Whatever it may have given counts as taken away by the next. */
  | { readonly kind: 'unreadable' };

/** What happens when a state of a topic is newer than the one before. */
export interface TopicHooks<Data> {
  /**
   * In the transaction that stores the state, once over all replicas of the service. Locks taken here come after the
   * copy's own, so `Outbox.publish` is fine.
   */
  readonly onStored?: (
    tx: Transaction,
    change: { readonly previous: PreviousState<Data>; readonly next: Data },
  ) => Promise<void>;
  /** When the state enters this process's memory: at load, and later when it is newer. For views; must not throw. */
  readonly onApplied?: (data: Data) => void;
  /**
   * When the newest state of a key can't be read, wherever it came from: nothing that an older one gave may be given any
   * more, until a newer one is applied. Must not throw.
   */
  readonly onUnreadable?: (unreadable: Unreadable) => void;
}

/** A state that is there but can't be read. */
export interface Unreadable {
  readonly key: string;
  /** When it came into being at the latest, epoch milliseconds. */
  readonly timestampMs: number;
  readonly reason: string;
  /** Its data, unchecked: only to find out what must be distrusted. */
  readonly said?: unknown;
}

/** One state that was read, with what to do with it; hides the type of its data from the copy. */
export interface ReadState {
  readonly version: number;
  /** Runs `onStored`. `previous` is the stored state it replaces as JSON, or null. */
  stored(tx: Transaction, previous: unknown): Promise<void>;
  /** Puts it into memory, if it is newer. */
  apply(): void;
}

/** Keeps whole states in memory. */
export function whole<Data>(data: Data): Data {
  return data;
}

/** One state topic within a {@link StateCopy}: how its states are read, and what of them is in memory. */
export class TopicCopy<Data extends { readonly version: number }, Kept extends { readonly version: number }> {
  private readonly states = new Map<string, Kept>();

  /** @param keep what of a state stays in memory; where a view holds the rest, a second copy would double what it takes */
  constructor(
    private readonly topic: StateTopic<Data>,
    private readonly keep: (data: Data) => Kept,
    private readonly hooks: TopicHooks<Data> = {},
  ) {}

  get name(): string {
    return this.topic.name;
  }

  /** null for a compacted topic: the last state of each key stays for ever. */
  get retentionMs(): number | null {
    return this.topic.retentionMs;
  }

  /** The latest state of a key in memory; null = never heard of. Topics with a retention keep none in memory. */
  get(key: string): Kept | null {
    return this.states.get(key) ?? null;
  }

  /** All states in memory, deleted ones (`status`) included. */
  values(): IterableIterator<Kept> {
    return this.states.values();
  }

  /** The version in memory; 0 when there is none. */
  versionOf(key: string): number {
    return this.states.get(key)?.version ?? 0;
  }

  /** @throws AppError 'malformed' with code `unreadable-record` when it doesn't fit the topic's schema or its key */
  read(key: string, raw: unknown): ReadState {
    const data = this.parse(key, raw);
    return {
      version: data.version,
      stored: async (tx, previous) => {
        await this.hooks.onStored?.(tx, { previous: this.previousOf(key, previous), next: data });
      },
      apply: () => this.apply(key, data),
    };
  }

  /** Tells the view that the newest state of a key can't be read. */
  distrust(unreadable: Unreadable): void {
    this.hooks.onUnreadable?.(unreadable);
  }

  private previousOf(key: string, stored: unknown): PreviousState<Data> {
    if (stored === null) return { kind: 'none' };
    const { data } = this.tryParse(key, stored);
    return data === null ? { kind: 'unreadable' } : { kind: 'known', data };
  }

  private parse(key: string, raw: unknown): Data {
    const { data, cause } = this.tryParse(key, raw);
    if (data !== null) return data;
    throw new AppError({
      kind: 'malformed',
      code: 'unreadable-record',
      message: `a record of ${this.topic.name} with key ${key} cannot be read`,
      cause,
    });
  }

  private tryParse(key: string, raw: unknown): { readonly data: Data | null; readonly cause?: unknown } {
    const result = this.topic.schema.safeParse(raw);
    if (!result.success) return { data: null, cause: result.error };
    if (this.topic.keyOf(result.data) === key) return { data: result.data };
    return { data: null, cause: new Error('a key that is not the one of its data') };
  }

  private apply(key: string, data: Data): void {
    if (this.versionOf(key) >= data.version) return;
    if (this.retentionMs === null) this.states.set(key, this.keep(data));
    this.hooks.onApplied?.(data);
  }
}

/** A {@link TopicCopy} of any data. */
export type AnyTopicCopy = Pick<TopicCopy<never, never>, 'name' | 'retentionMs' | 'versionOf' | 'read' | 'distrust'>;
