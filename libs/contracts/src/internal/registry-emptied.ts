import { z } from 'zod';
import { storableText, uuid } from '../scalars.js';

/**
 * `POST /internal/registry-emptied` of policy: the registry service holds nothing any more of a registry, or of a namespace
 * of it, that a prohibition with cause `deleting` shuts. Policy then takes away what it holds itself and publishes the
 * definition as deleted. 204, once or often, in any order, from any replica, and for what is not being deleted (a
 * prohibition that was heard of late): nothing is deleted then.
 */
export const registryEmptied = z.strictObject({
  registryId: uuid,
  /** Its first path segment; left out = the whole registry. */
  namespace: storableText(255).min(1).optional(),
});
export type RegistryEmptied = z.infer<typeof registryEmptied>;
