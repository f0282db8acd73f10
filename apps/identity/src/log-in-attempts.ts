import { isAppError } from '@berth/errors';
import type { Clock } from '@berth/foundation';
import type { Cookie } from '@berth/http';
import { open, seal } from '@berth/tokens';
import { z } from 'zod';
import type { LogInChecks } from './identity-provider.js';

/**
 * Where a browser keeps a log-in under way. It must come along when the identity provider, another site, sends the browser
 * back; it opens nothing by itself and lives for minutes.
 */
export const logInCookie: Cookie = { name: '__Host-berth-login', sameSite: 'Lax' };

/** How long somebody may take to log in at the identity provider. */
export const attemptSeconds = 600;

/** Longest value that is looked at, in characters. */
const maxLength = 3000;

const aad = 'log-in-attempt';

const attempt = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  untilMs: z.number(),
});

/** A log-in under way: what must come back with it, and where its browser goes afterwards. */
export interface LogInAttempt extends LogInChecks {
  readonly returnTo: string;
}

/**
 * Log-ins under way. They are nowhere but in the browser that began them, sealed, so that it can neither read nor make one;
 * another browser's answer fits none of its own.
 */
export class LogInAttempts {
  /** @param masterKey 32 bytes */
  constructor(
    private readonly masterKey: Buffer,
    private readonly clock: Clock,
  ) {}

  /** @returns base64url */
  seal(given: LogInAttempt): string {
    const { state, nonce, verifier, returnTo } = given;
    const untilMs = this.clock() + attemptSeconds * 1000;
    const plaintext = Buffer.from(JSON.stringify({ state, nonce, verifier, returnTo, untilMs }));
    return seal({ masterKey: this.masterKey, aad, plaintext }).toString('base64url');
  }

  /** @returns null for what is none, and for one that took too long */
  open(sealed: string | null): LogInAttempt | null {
    if (sealed === null || sealed.length > maxLength) return null;
    try {
      const text = open({ masterKey: this.masterKey, aad, sealed: Buffer.from(sealed, 'base64url') }).toString();
      const { untilMs, ...rest } = attempt.parse(JSON.parse(text));
      return untilMs > this.clock() ? rest : null;
    } catch (e) {
      // What was changed, or sealed with another master key: as if it were not there.
      if (isAppError(e)) return null;
      throw e;
    }
  }
}
