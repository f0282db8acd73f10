import { z } from 'zod';

/**
 * `GET /internal/changes?after=<change>` of every owner of state topics: what a follower polls when Kafka is silent.
 * Ascending by `change`, which is the order of commits; a superseded state of a key is left out, its latest is there.
 */
export const changesPage = z.strictObject({
  changes: z
    .array(z.strictObject({ topic: z.string(), key: z.string(), change: z.int().positive(), data: z.unknown() }))
    .max(1000),
  /** Every change up to this number is in this page or in an earlier one. */
  upTo: z.int().nonnegative(),
  /** Whether more changes than this page holds are waiting. */
  more: z.boolean(),
});
export type ChangesPage = z.infer<typeof changesPage>;

export const changesQuery = z.strictObject({ after: z.coerce.number().int().nonnegative() });
