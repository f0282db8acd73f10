import { instant, uuid, version, type NamespaceDefinition } from '@berth/contracts';
import { z } from 'zod';

/** A namespace as it is answered. */
export const namespaceAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  /** null = that of the registry. */
  resourceGroup: z.string().nullable(),
  /** A namespace that is being deleted refuses everything. */
  status: z.enum(['active', 'deleting']),
  version,
  changedAt: instant,
});

/** What people may see of a namespace. */
export function answerOf(
  namespace: NamespaceDefinition,
  status: 'active' | 'deleting' = 'active',
): z.infer<typeof namespaceAnswer> {
  const { id, name, resourceGroup, version: number, changedAt } = namespace;
  return { id, name, resourceGroup, status, version: number, changedAt };
}
