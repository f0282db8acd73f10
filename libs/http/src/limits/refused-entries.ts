import type { EntryDraft } from '@berth/contracts';
import { LRUCache } from 'lru-cache';

export interface RefusedEntriesOptions {
  /** Writes an entry; resolves once it is on disk. */
  readonly append: (entry: EntryDraft) => Promise<void>;
  /** Told of a summary that could not be written, and of how many refusals it was. */
  readonly onUnwritten: (error: unknown, count: number) => void;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Refusals of one source that are entered one by one in a minute; 60 when left out. */
  readonly mostPerMinute?: number;
  /** Sources that are counted at once; 10,000 when left out. The one not heard of for longest gets its summary early. */
  readonly mostSources?: number;
}

/** The refusals of one source in one minute. */
interface Counted {
  readonly minute: number;
  entered: number;
  /** Those that no entry stands for yet. */
  left: number;
  last: EntryDraft;
}

/** `reason` of an entry that stands for many; `asked` is `count=<how many>`. */
export const summaryReason = 'refused-more';

const sweepMs = 10_000;

/**
 * Enters refused credentials so that nobody can fill the audit log by guessing: of each source the first 60 in a minute one
 * by one, then one summary with the number of the rest. What was only counted when a process dies is lost; what was
 * entered is not.
 *
 * @source Design, events and audit, "What is one entry"
 */
export class RefusedEntries {
  private readonly bySource: LRUCache<string, Counted>;
  private readonly sweeper: NodeJS.Timeout;
  private readonly summaries = new Set<Promise<void>>();
  private isClosed = false;

  constructor(private readonly options: RefusedEntriesOptions) {
    this.bySource = new LRUCache({
      max: options.mostSources ?? 10_000,
      dispose: (counted) => this.summarise(counted),
    });
    this.sweeper = setInterval(() => this.sweep(), sweepMs);
    this.sweeper.unref();
  }

  /** Resolves once the entry is on disk, or at once when it is only counted. */
  async enter(source: string, entry: EntryDraft): Promise<void> {
    const counted = this.countedOf(source, entry);
    if (this.isClosed || counted.entered < (this.options.mostPerMinute ?? 60)) {
      counted.entered += 1;
      return this.options.append(entry);
    }
    counted.left += 1;
    counted.last = entry;
  }

  /** Counts a refusal that is worth no entry of its own: a malformed request without a credential. */
  count(source: string, entry: EntryDraft): void {
    const counted = this.countedOf(source, entry);
    counted.left += 1;
    counted.last = entry;
  }

  /** Writes the summaries of minutes that are over. */
  sweep(): void {
    const minute = this.minute();
    for (const [source, counted] of this.bySource) if (counted.minute < minute) this.bySource.delete(source);
  }

  /** Writes all summaries; before the spool is closed. Whoever is refused after this is entered. */
  async close(): Promise<void> {
    clearInterval(this.sweeper);
    this.isClosed = true;
    this.bySource.clear();
    await Promise.allSettled(this.summaries);
  }

  private countedOf(source: string, entry: EntryDraft): Counted {
    const minute = this.minute();
    const known = this.bySource.get(source);
    if (known?.minute === minute) return known;
    const fresh = { minute, entered: 0, left: 0, last: entry };
    this.bySource.set(source, fresh);
    return fresh;
  }

  private minute(): number {
    return Math.floor(this.options.clock() / 60_000);
  }

  private summarise({ left, last }: Counted): void {
    if (left === 0) return;
    const { account, event, action, outcome, source, service, instance } = last;
    const writing = this.options.append({
      at: new Date(this.options.clock()).toISOString(),
      account,
      event,
      actor: { id: null, name: 'several' },
      action,
      asked: `count=${left}`,
      target: {},
      outcome,
      reason: summaryReason,
      source,
      service,
      instance,
    });
    const settled = writing
      .catch((e: unknown) => this.options.onUnwritten(e, left))
      .finally(() => this.summaries.delete(settled));
    this.summaries.add(settled);
  }
}
