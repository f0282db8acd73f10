import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { Inject, Injectable } from '@nestjs/common';
import { OperatorAccess } from '../operator-access.js';
import { Report } from '../report.js';
import type { StoredSigningKey } from '../signing-key.js';
import { SigningKeys } from '../signing-keys.js';

/**
 * Refuses a key and all that it signed at once, for when its private half is known to somebody else. If it was the one that
 * signs, the next is not waited for: clients log in again anyway.
 */
@Injectable()
export class RevokeKey {
  constructor(
    private readonly keys: SigningKeys,
    private readonly access: OperatorAccess,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Revoking a key that is revoked already changes nothing.
   *
   * @throws AppError 'denied' for who is no operator, 'not-found' for a key that isn't there, 'unavailable' without Postgres
   */
  async execute(caller: Caller, kid: string): Promise<StoredSigningKey> {
    const facts = await this.access.authorize(caller, 'settings/write', 'signing-keys');
    return this.keys.change(async (tx, all) => {
      const key = all.find((each) => each.kid === kid);
      if (key === undefined)
        throw new AppError({ kind: 'not-found', code: 'unknown-key', message: 'there is no such key' });
      if (key.status === 'revoked') return key;
      const now = this.clock();
      const others = all.filter((each) => each.kid !== kid && each.status === 'active');
      const [first] = others;
      if (first === undefined) await this.keys.make(tx, now);
      else if (others.every(({ signsFromMs }) => signsFromMs > now)) {
        await this.keys.move(tx, first, { status: 'active', signsFromMs: now });
      }
      const revoked = await this.keys.move(tx, key, { status: 'revoked' });
      await this.report.changed(tx, 'updated', {
        ...facts,
        asked: 'revoke',
        resource: `signing-key:${kid}`,
        decidedBy: null,
      });
      return revoked;
    });
  }
}
