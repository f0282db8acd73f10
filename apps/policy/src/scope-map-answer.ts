import { instant, uuid, version } from '@berth/contracts';
import { z } from 'zod';
import type { ScopeMap } from './scope-map.js';

/**
 * A scope map as it is answered. How many tokens use it is known by identity only, so it is not here: a scope map must be
 * readable while identity is down.
 */
export const scopeMapAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  description: z.string().nullable(),
  actions: z.array(z.string()),
  /** Whether it is Berth's own and can't be changed. */
  system: z.boolean(),
  version,
  createdAt: instant,
  changedAt: instant,
});

/** What people may see of a scope map. */
export function answerOf(map: ScopeMap): z.infer<typeof scopeMapAnswer> {
  const { id, name, description, actions, version: number, createdAt, changedAt } = map;
  return { id, name, description, actions, system: false, version: number, createdAt, changedAt };
}
