import { isAppError } from '@berth/errors';
import { LRUCache } from 'lru-cache';
import type { RepositoryAddress } from '../repository.js';
import type { RepositoryState } from './repository-state.js';
import { untilAnswered } from '../until-answered.js';

/** Something that was read of a repository, with the state of the repository in the same statement. */
export interface Remembered<Value extends object> {
  readonly repositoryId: string;
  readonly version: number;
  readonly value: Value;
  /** What it costs in memory, about. */
  readonly bytes: number;
  /** Whether it may be answered again while the repository's version is the same. */
  readonly isKept: boolean;
}

/** What is looked for: a tag, a digest. */
export interface Question {
  readonly address: RepositoryAddress;
  /** Unique among the questions about the repository. */
  readonly what: string;
}

/** What {@link CheckedMemory} works with. */
export interface CheckedMemoryOptions {
  readonly maxBytes: number;
  /** For how long memory counts while Postgres gives no answer, since it last did; 0 = never. */
  readonly maxStaleMs: number;
  /** Rejects with 'unavailable', after a short while, when Postgres gives no answer. */
  readonly stateOf: (address: RepositoryAddress) => Promise<RepositoryState | null>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

interface Entry {
  readonly repositoryId: string;
  readonly version: number;
  readonly value: object;
  /** When Postgres last said that it is so. */
  confirmedAtMs: number;
}

/**
 * What pulls found, bounded in bytes, and never believed by itself: before each answer Postgres says whether anything of
 * the repository was moved or removed since. So replicas are one. That something doesn't exist is never remembered. While
 * Postgres gives no answer, what is remembered counts for a bounded time.
 *
 * @source docs/decisions/0009-memory-that-asks.md
 */
export class CheckedMemory {
  /** Answers that Postgres did not confirm; for a metric. */
  staleAnswers = 0;
  private readonly entries: LRUCache<string, Entry>;

  constructor(private readonly options: CheckedMemoryOptions) {
    this.entries = new LRUCache({ maxSize: options.maxBytes });
  }

  /**
   * @param load reads it from Postgres; null when it doesn't exist
   * @throws AppError 'unavailable' when it isn't remembered and Postgres gave no answer for 5 s
   */
  async find<Value extends object>(
    question: Question,
    load: () => Promise<Remembered<Value> | null>,
  ): Promise<Value | null> {
    const { address, what } = question;
    const key = `${address.registryId} ${address.name} ${what}`;
    const entry = this.entries.get(key);
    if (entry !== undefined && (await this.isStillSo(address, key, entry))) {
      // Whoever asks for the same thing stored the same kind of value.
      return entry.value as Value;
    }
    const read = await untilAnswered(load);
    if (read === null) return null;
    if (read.isKept) this.keep(key, read);
    return read.value;
  }

  private async isStillSo(address: RepositoryAddress, key: string, entry: Entry): Promise<boolean> {
    const now = this.options.clock();
    try {
      const state = await this.options.stateOf(address);
      if (state?.id === entry.repositoryId && state.version === entry.version) {
        entry.confirmedAtMs = now;
        return true;
      }
    } catch (e) {
      if (!isAppError(e) || e.kind !== 'unavailable') throw e;
      if (now - entry.confirmedAtMs > this.options.maxStaleMs) return false;
      this.staleAnswers += 1;
      return true;
    }
    this.entries.delete(key);
    return false;
  }

  private keep(key: string, { repositoryId, version, value, bytes }: Remembered<object>): void {
    this.entries.set(key, { repositoryId, version, value, confirmedAtMs: this.options.clock() }, { size: bytes });
  }
}
