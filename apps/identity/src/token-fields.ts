import { instant, storableText } from '@berth/contracts';
import { z } from 'zod';
import { ownerRef } from './token-owner.js';

const label = storableText(256);

/** At most 20 labels; a name has 1 to 63 characters. */
export const tokenLabels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/), label)
  .refine((all) => Object.keys(all).length <= 20, 'a token has at most 20 labels');

/** Repositories and actions as people list them. */
export const tokenRepositories = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(255),
      actions: z.array(z.string().min(1).max(100)).min(1).max(20),
    }),
  )
  .min(1)
  .max(500);

const common = {
  scopeMap: z.string().min(1).max(60).optional(),
  repositories: tokenRepositories.optional(),
};

/**
 * The whole of a token: what is left out gets its default. Either the name of a scope map, or repositories and actions
 * that become one of the token's own.
 */
export const wholeToken = z
  .strictObject({
    ...common,
    status: z.enum(['enabled', 'disabled']).default('enabled'),
    expiresAt: instant.nullable().default(null),
    labels: tokenLabels.default({}),
    /** Who must hold as well what the token gives; null = nobody. */
    objectId: ownerRef.nullable().default(null),
  })
  .refine(hasOneOf, 'give either scopeMap or repositories');

/** What is to be changed of a token; the rest stays. */
export const tokenPatch = z
  .strictObject({
    ...common,
    status: z.enum(['enabled', 'disabled']).optional(),
    expiresAt: instant.nullable().optional(),
    labels: tokenLabels.optional(),
    objectId: ownerRef.nullable().optional(),
  })
  .refine((patch) => patch.scopeMap === undefined || patch.repositories === undefined, {
    message: 'give either scopeMap or repositories',
  });

export type WholeToken = z.infer<typeof wholeToken>;
export type TokenPatch = z.infer<typeof tokenPatch>;

function hasOneOf(token: { readonly scopeMap?: unknown; readonly repositories?: unknown }): boolean {
  return (token.scopeMap === undefined) !== (token.repositories === undefined);
}

/** An instant of a body in epoch milliseconds. */
export function msOf(at: string | null): number | null {
  return at === null ? null : Date.parse(at);
}
