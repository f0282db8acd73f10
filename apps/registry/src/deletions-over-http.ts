import { definitionAnswer, type RegistryEmptied } from '@berth/contracts';
import { isAppError } from '@berth/errors';
import type { InternalClient } from '@berth/http';
import { z } from 'zod';
import type { Deletions } from './empty-registry/empty-registry.js';

/** {@link Deletions} over policy's own port. */
export class DeletionsOverHttp implements Deletions {
  constructor(private readonly policy: InternalClient) {}

  async isUnderWay(prohibitionId: string): Promise<boolean> {
    const path = `/internal/definitions/prohibition?${new URLSearchParams({ name: prohibitionId }).toString()}`;
    try {
      const { definition } = await this.policy.getJson(path, { schema: definitionAnswer });
      return definition.kind === 'prohibition' && definition.cause === 'deleting' && definition.status === 'active';
    } catch (e) {
      if (isAppError(e) && e.kind === 'not-found') return false;
      throw e;
    }
  }

  async tellEmptied(body: RegistryEmptied): Promise<void> {
    await this.policy.sendJson({ method: 'POST', path: '/internal/registry-emptied', body }, { schema: z.unknown() });
  }
}
