import { repositoryDeletionKey, type RepositoryDeletion } from '@berth/contracts';
import { tokenLifeMs } from './token-life.js';

/** As long as the topic keeps a record. Longer than {@link tokenLifeMs}, so that an old token never outlives it. */
const rememberedMs = 24 * 3_600_000;

/** What is remembered of one repository. */
interface Remembered {
  /** The highest version of its deletions; 0 while none could be read. */
  readonly inc: number;
  /** Tokens issued before this are refused whatever they name; -Infinity when nothing was unreadable. */
  readonly issuedFromMs: number;
  readonly refusesUntilMs: number;
  readonly forgetAtMs: number;
}

/**
 * Which repositories were deleted within the last day, and so which incarnation a new token names and which tokens were
 * issued for what is gone. In memory, answered without waiting; fed by the copy of the registry's topic. Both sides may
 * forget, and not at the same time: a lower incarnation is refused only while a token of before the deletion can be alive.
 *
 * @source architecture "Versions, minima, incarnations"
 */
export class RepositoryDeletions {
  /** In the order of arrival, which is nearly the order of forgetting. */
  private readonly remembered = new Map<string, Remembered>();

  /** @param clock epoch milliseconds */
  constructor(private readonly clock: () => number) {}

  /** How many repositories are remembered; for a gauge. */
  get size(): number {
    return this.remembered.size;
  }

  /** Takes in a deletion, in any order and any number of times; the highest version counts. */
  apply(deletion: RepositoryDeletion): void {
    const { version: inc, deletedAt } = deletion;
    this.remember(repositoryDeletionKey(deletion), Date.parse(deletedAt), {
      inc,
      issuedFromMs: Number.NEGATIVE_INFINITY,
    });
  }

  /**
   * Refuses every token for a repository that was issued before an instant: for a deletion that could not be read, so
   * that what was deleted stays closed.
   *
   * @param key of the record, `<registryId>/<repository>`
   * @param atMs when the record came into being at the latest, epoch milliseconds
   */
  refuseIssuedBefore(key: string, atMs: number): void {
    this.remember(key, atMs, { inc: 0, issuedFromMs: atMs });
  }

  /** What a token that is issued now names as `inc`; 0 without a deletion that is remembered. */
  incarnationOf(registryId: string, name: string): number {
    if (this.remembered.size === 0) return 0;
    const now = this.clock();
    this.forget(now);
    const known = this.remembered.get(repositoryDeletionKey({ registryId, repository: name }));
    return known === undefined || known.forgetAtMs <= now ? 0 : known.inc;
  }

  /**
   * Whether a token was issued for a repository that has been deleted since.
   *
   * @param entry the token's entry for that repository
   * @param issuedAtSeconds the token's `iat`
   */
  isOutdated(
    registryId: string,
    { name, inc }: { readonly name: string; readonly inc: number },
    issuedAtSeconds: number,
  ): boolean {
    if (this.remembered.size === 0) return false;
    const now = this.clock();
    this.forget(now);
    const known = this.remembered.get(repositoryDeletionKey({ registryId, repository: name }));
    if (known === undefined || known.refusesUntilMs <= now) return false;
    return inc < known.inc || issuedAtSeconds * 1000 < known.issuedFromMs;
  }

  private remember(key: string, atMs: number, what: Pick<Remembered, 'inc' | 'issuedFromMs'>): void {
    const now = this.clock();
    this.forget(now);
    // An instant of a clock that is ahead would keep this, and all behind it, for longer than it matters.
    const startMs = Math.min(atMs, now);
    const next = { ...what, refusesUntilMs: startMs + tokenLifeMs, forgetAtMs: startMs + rememberedMs };
    if (next.forgetAtMs <= now) return;
    const known = this.remembered.get(key);
    this.remembered.delete(key);
    this.remembered.set(key, known === undefined ? next : joined(known, next));
  }

  /** A few at a time: forgetting many at once would stop the pulls. */
  private forget(now: number): void {
    let left = 8;
    for (const [key, { forgetAtMs }] of this.remembered) {
      if (forgetAtMs > now || left-- === 0) return;
      this.remembered.delete(key);
    }
  }
}

function joined(a: Remembered, b: Remembered): Remembered {
  return {
    inc: Math.max(a.inc, b.inc),
    issuedFromMs: Math.max(a.issuedFromMs, b.issuedFromMs),
    refusesUntilMs: Math.max(a.refusesUntilMs, b.refusesUntilMs),
    forgetAtMs: Math.max(a.forgetAtMs, b.forgetAtMs),
  };
}
