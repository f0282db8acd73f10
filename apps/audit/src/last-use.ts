import type { EntryDraft } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';

/** When somebody was last let do something; `at` in epoch milliseconds. */
export interface LastUse {
  /** `<kind>:<id>`. */
  readonly principal: string;
  readonly atMs: number;
}

/** When principals were last used, by the entries that are in the log. Kept by `EntryLog.append`, in its transaction. */
export abstract class LastUseStore {
  /** In any order; a principal that was never used is left out. */
  abstract find(db: Queryable, principals: readonly string[]): Promise<LastUse[]>;
}

/** The latest entry of each actor that was allowed what it asked for, one for each; refusals are no use. Pure. */
export function latestUses(drafts: readonly EntryDraft[]): LastUse[] {
  const latest = new Map<string, number>();
  for (const { actor, at, outcome } of drafts) {
    if (actor.id === null || outcome !== 'allowed') continue;
    const atMs = Date.parse(at);
    if (atMs > (latest.get(actor.id) ?? Number.NEGATIVE_INFINITY)) latest.set(actor.id, atMs);
  }
  return Array.from(latest, ([principal, atMs]) => ({ principal, atMs }));
}
