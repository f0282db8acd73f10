import { instant, scopeMapCondition, version } from '@berth/contracts';
import { z } from 'zod';
import type { ScopeMap } from './scope-map.js';

/** A scope map as it is answered. */
export const scopeMapAnswer = z.strictObject({
  /** Of a system map `<registry id>/<name>`. */
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  actions: z.array(z.string()),
  conditions: z.array(scopeMapCondition),
  /** Whether it is Berth's own and can't be changed. */
  system: z.boolean(),
  version,
  /** null = a system map, which always was. */
  createdAt: instant.nullable(),
  changedAt: instant.nullable(),
});

/** One scope map with how many tokens use it; null while identity, which knows, can't be asked. */
export const countedScopeMapAnswer = scopeMapAnswer.extend({ tokens: z.int().nonnegative().nullable() });

export type ScopeMapAnswer = z.infer<typeof scopeMapAnswer>;

/** What people may see of a scope map. */
export function answerOf(map: ScopeMap): ScopeMapAnswer {
  const { id, name, description, actions, conditions = [], version: number, createdAt, changedAt } = map;
  return { id, name, description, actions, conditions, system: false, version: number, createdAt, changedAt };
}
