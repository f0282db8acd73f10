import { managementTokenAnswer } from '@berth/contracts';
import { InternalClient } from '@berth/http';
import { LRUCache } from 'lru-cache';
import { createHmac, randomBytes } from 'node:crypto';

/** Most credentials that are remembered at once. */
const remembered = 10_000;

/** A management token is not used in its last seconds: it must still be good when the service looks at it. */
const unusedAtEndMs = 10_000;

/** From where a caller presents credentials; goes into the audit log with a refusal. */
export interface PresentedFrom {
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
}

/**
 * Exchanges Basic credentials, or a session, for a management token at identity, the only service that sees passwords. A good one is
 * remembered until shortly before its end, for its address, under a keyed hash of the header, so that a memory image holds no password; a
 * refusal is never remembered.
 */
export class ExchangeCredentials {
  private readonly key = randomBytes(32);
  private readonly tokens: LRUCache<string, string>;
  private readonly underWay = new Map<string, Promise<string>>();

  constructor(private readonly identity: InternalClient) {
    this.tokens = new LRUCache({ max: remembered });
  }

  /**
   * @param authorization the whole `Authorization: Basic` header, or `Session` and the secret of one
   * @returns the management token
   * @throws AppError 'unauthenticated' as identity refuses, 'unavailable' when it doesn't answer, 'rate-limited'
   */
  async tokenFor(authorization: string, from: PresentedFrom): Promise<string> {
    // With the address: from another one it is another log-in, which belongs in the audit log.
    const id = createHmac('sha256', this.key)
      .update(`${from.address ?? ''} ${authorization}`)
      .digest('base64');
    const known = this.tokens.get(id);
    if (known !== undefined) return known;
    // Requests that arrive together ask once: each asking costs identity a slow hash.
    const asking = this.underWay.get(id) ?? this.ask(id, authorization, from);
    this.underWay.set(id, asking);
    try {
      return await asking;
    } finally {
      this.underWay.delete(id);
    }
  }

  /** Asks identity again for whoever had this token. */
  forget(managementToken: string): void {
    for (const [id, token] of this.tokens.entries()) if (token === managementToken) this.tokens.delete(id);
  }

  private async ask(id: string, authorization: string, { address, userAgent }: PresentedFrom): Promise<string> {
    const body = {
      ...(address === undefined ? {} : { address }),
      ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 256) }),
    };
    const { token, expiresInSeconds } = await this.identity.sendJson(
      { method: 'POST', path: '/internal/management-tokens', body },
      { schema: managementTokenAnswer, headers: { authorization } },
    );
    const ttl = expiresInSeconds * 1000 - unusedAtEndMs;
    if (ttl > 0) this.tokens.set(id, token, { ttl });
    return token;
  }
}
