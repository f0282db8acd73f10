import type { RegistryEmptied } from '@berth/contracts';
import { findDefinition } from '@berth/foundation';
import type { InternalClient } from '@berth/http';
import { z } from 'zod';
import type { Deletions } from './empty-registry/empty-registry.js';

/** {@link Deletions} over policy's own port. */
export class DeletionsOverHttp implements Deletions {
  constructor(private readonly policy: InternalClient) {}

  async isUnderWay(prohibitionId: string): Promise<boolean> {
    const definition = await findDefinition(this.policy, 'prohibition', { name: prohibitionId });
    return definition?.kind === 'prohibition' && definition.cause === 'deleting' && definition.status === 'active';
  }

  async tellEmptied(body: RegistryEmptied): Promise<void> {
    await this.policy.sendJson({ method: 'POST', path: '/internal/registry-emptied', body }, { schema: z.unknown() });
  }
}
