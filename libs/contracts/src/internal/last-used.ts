import { z } from 'zod';
import { instant, principalRef } from '../scalars.js';

/**
 * `POST /internal/last-used` of audit: when each of these principals was last let do something, as far as its entries have
 * arrived; each bound to no account, so whoever asks has compared it with the caller's. One that never was is left out.
 */
export const lastUsedRequest = z.strictObject({ principals: z.array(principalRef).max(1000) });
export const lastUsedAnswer = z.strictObject({
  lastUsed: z.array(z.strictObject({ principal: principalRef, at: instant })).max(1000),
});
export type LastUsedRequest = z.infer<typeof lastUsedRequest>;
export type LastUsedAnswer = z.infer<typeof lastUsedAnswer>;
