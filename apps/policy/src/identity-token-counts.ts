import type { InternalClient } from '@berth/http';
import { z } from 'zod';
import { TokenCounts } from './token-counts.js';

const answer = z.object({ count: z.int().nonnegative() });

/** Asks identity over HTTP. */
export class IdentityTokenCounts extends TokenCounts {
  constructor(private readonly identity: InternalClient) {
    super();
  }

  async ofScopeMap(scopeMapId: string): Promise<number> {
    const { count } = await this.identity.getJson(`/internal/scope-maps/${encodeURIComponent(scopeMapId)}/tokens`, {
      schema: answer,
    });
    return count;
  }
}
