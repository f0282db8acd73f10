import { z } from 'zod';
import { instant } from './scalars.js';

/**
 * What must hold at each use of a right: all that is said. A key that isn't known is refused, because ignoring it would
 * give more than was meant.
 */
export const accessCondition = z.strictObject({
  /** Patterns of tags that may be written or deleted, as `v*`. */
  tags: z.array(z.string().max(129)).max(100).optional(),
  /** Networks that the client's address must be in, as `10.0.0.0/8`. */
  cidrs: z.array(z.string().max(64)).max(100).optional(),
  notBefore: instant.optional(),
  notAfter: instant.optional(),
  /** A tag that is there is not pointed at anything else. */
  createOnly: z.literal(true).optional(),
});

export type AccessConditionClaim = z.infer<typeof accessCondition>;
