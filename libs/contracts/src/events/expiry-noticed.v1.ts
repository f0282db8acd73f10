import { z } from 'zod';
import { instant, uuid } from '../scalars.js';
import { workTopic } from '../topic.js';

/**
 * A password of a repository token is about to end. Told once for each of 30, 7 and 1 days before its end, and anew when
 * the end is moved. Holds nothing that opens anything.
 */
export const expiryNotice = z.strictObject({
  account: uuid,
  registryId: uuid,
  tokenId: uuid,
  tokenName: z.string().max(60),
  slot: z.int().min(1).max(2),
  /** When it ends: the password, or its whole token if that is sooner. */
  expiresAt: instant,
  /** The notice that it is: so many days are left at most. */
  daysLeft: z.union([z.literal(30), z.literal(7), z.literal(1)]),
  noticedAt: instant,
});

export type ExpiryNotice = z.infer<typeof expiryNotice>;

/** Keyed by token, so that the notices of one keep their order. */
export const expiryNoticed = workTopic<ExpiryNotice>({
  name: 'identity.expiry-noticed.v1',
  producer: 'identity',
  partitions: 3,
  schema: expiryNotice,
  keyOf: ({ tokenId }) => tokenId,
});
