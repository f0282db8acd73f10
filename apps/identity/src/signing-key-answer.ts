import { instant } from '@berth/contracts';
import { z } from 'zod';
import type { StoredSigningKey } from './signing-key.js';

/** A signing key as it is shown: nothing of its private half. */
export const signingKeyAnswer = z.strictObject({
  kid: z.string(),
  status: z.enum(['active', 'retired', 'revoked']),
  /** From when on it signs. */
  signsFrom: instant,
  changedAt: instant,
});

export type SigningKeyAnswer = z.infer<typeof signingKeyAnswer>;

export function signingKeyAnswerOf({ kid, status, signsFromMs, changedAt }: StoredSigningKey): SigningKeyAnswer {
  return { kid, status, signsFrom: new Date(signsFromMs).toISOString(), changedAt };
}

/** The answer to a key that there isn't, or that is past what is asked of it. */
export const kidBody = z.strictObject({ kid: z.string().min(1).max(64) });
