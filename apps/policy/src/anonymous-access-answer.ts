import { instant, version, type AnonymousAccessDefinition } from '@berth/contracts';
import { z } from 'zod';

/** What a registry opens to those without a credential. */
export const anonymousAccessAnswer = z.strictObject({
  /** Names and prefixes; none = nothing. */
  repositories: z.array(z.string()),
  /** null = nothing was ever opened. */
  version: version.nullable(),
  changedAt: instant.nullable(),
});

export type AnonymousAccessAnswer = z.infer<typeof anonymousAccessAnswer>;

/** What people may see of it; null = nothing was ever opened. */
export function answerOf(access: AnonymousAccessDefinition | null): AnonymousAccessAnswer {
  if (access === null) return { repositories: [], version: null, changedAt: null };
  const { repositories, version: number, changedAt } = access;
  return { repositories, version: number, changedAt };
}
