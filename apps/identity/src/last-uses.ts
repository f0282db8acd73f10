import { instant, lastUsedAnswer } from '@berth/contracts';
import { isAppError } from '@berth/errors';
import { LOGGER } from '@berth/foundation';
import type { InternalClient } from '@berth/http';
import type { Logger } from '@berth/telemetry';
import type { Provider } from '@nestjs/common';
import type { z } from 'zod';
import { tokenAnswer, type TokenAnswer } from './token-answer.js';

/** A token with when it was last used: null = never; left out when audit, which knows, does not answer. */
export const usedTokenAnswer = tokenAnswer.extend({ lastUsedAt: instant.nullable().optional() });
export type UsedTokenAnswer = z.infer<typeof usedTokenAnswer>;

/** Asks audit, which keeps of every principal when it was last let do something, for what is shown of tokens. */
export class LastUses {
  /** @param audit null = there is none to ask */
  constructor(
    private readonly audit: InternalClient | null,
    private readonly logger: Logger,
  ) {}

  /** @param tokens 1,000 at most; takes a second at most, and they are answered as they are when audit can't tell */
  async join(tokens: readonly TokenAnswer[]): Promise<UsedTokenAnswer[]> {
    const uses = tokens.length === 0 ? null : await this.usesOf(tokens);
    if (uses === null) return [...tokens];
    return tokens.map((token) => ({ ...token, lastUsedAt: uses.get(refOf(token)) ?? null }));
  }

  private async usesOf(tokens: readonly TokenAnswer[]): Promise<ReadonlyMap<string, string> | null> {
    if (this.audit === null) return null;
    try {
      const request = { method: 'POST', path: '/internal/last-used', body: { principals: tokens.map(refOf) } } as const;
      const { lastUsed } = await this.audit.sendJson(request, { schema: lastUsedAnswer });
      return new Map(lastUsed.map(({ principal, at }) => [principal, at]));
    } catch (e) {
      if (!isAppError(e)) throw e;
      this.logger.warn({ err: e }, 'tokens are shown without when they were last used');
      return null;
    }
  }
}

/** @param ask makes the client of a service by its addresses; with none, there is nobody to ask */
export function lastUses(
  ask: (service: string, baseUrls: readonly string[]) => InternalClient,
  auditUrls: readonly string[],
): Provider {
  return {
    provide: LastUses,
    inject: [LOGGER],
    useFactory: (logger: Logger) => new LastUses(auditUrls.length === 0 ? null : ask('audit', auditUrls), logger),
  };
}

function refOf({ id }: TokenAnswer): string {
  return `token:${id}`;
}
