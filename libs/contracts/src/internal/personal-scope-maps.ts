import { z } from 'zod';

/**
 * `POST /internal/registries/{name}/personal-scope-maps` of policy, for a caller (its management token): the scope map of a
 * personal token. The caller must hold each line now and needs no right to write scope maps: its name follows from the caller
 * and the lines, so it is nobody else's, and it never changes. The owner's rights bound it again at each issue.
 */
export const personalScopeMapRequest = z.strictObject({ actions: z.array(z.string().min(1).max(400)).min(1).max(500) });
export const personalScopeMapAnswer = z.strictObject({ name: z.string() });
export type PersonalScopeMapRequest = z.infer<typeof personalScopeMapRequest>;
