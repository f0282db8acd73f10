import { uuid, version, type RegistryDefinition } from '@berth/contracts';
import { z } from 'zod';

/** A registry as it is answered. */
export const registryAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  region: z.string().nullable(),
  resourceGroup: z.string().nullable(),
  plan: z.string(),
  /** A registry that is being deleted refuses everything. */
  status: z.enum(['active', 'deleting']),
  version,
});

/** What people may see of a registry. */
export function answerOf(
  registry: RegistryDefinition,
  status: 'active' | 'deleting' = 'active',
): z.infer<typeof registryAnswer> {
  const { id, name, region, resourceGroup, plan, version: number } = registry;
  return { id, name, region, resourceGroup, plan, status, version: number };
}
