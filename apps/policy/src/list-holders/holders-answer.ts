import { z } from 'zod';

/** Somebody who may do what is asked, or all tokens and fleets of a scope map at once. */
export const holderAnswer = z.strictObject({
  /** A principal, `fleet:<id>`, or `scope-map:<id>` for all that have it and no owner who lacks the right. */
  holder: z.string(),
  /** Its name. */
  name: z.string(),
  /** Whether it can be used now; of a scope map always. */
  enabled: z.boolean(),
  /** What grants it. */
  by: z.string(),
  /** The name of that: of a role or scope map, or the roles of a policy. */
  grant: z.string(),
  /** The group through which it is held; null = directly. */
  via: z.string().nullable(),
});
export type HolderAnswer = z.infer<typeof holderAnswer>;

/** One page, ascending by holder. */
export const holdersAnswer = z.strictObject({
  items: z.array(holderAnswer),
  next: z.string().nullable(),
  /** Forbids it to everybody, so that nobody is listed; null = nothing does. */
  prohibitedBy: z.string().nullable(),
});
export type HoldersAnswer = z.infer<typeof holdersAnswer>;
