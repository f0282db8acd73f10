import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '@berth/http';
import { publicationMs } from '../key-life.js';
import { OperatorAccess } from '../operator-access.js';
import { Report } from '../report.js';
import type { StoredSigningKey } from '../signing-key.js';
import { SigningKeys } from '../signing-keys.js';

/**
 * Makes another key sign: a new one, a minute after it was published, or again one that is retired, at once, since everybody
 * knows it. No token becomes bad by it: the key before goes on verifying what it signed.
 *
 * @source Design, architecture, "Kafka", public keys
 */
@Injectable()
export class RotateKeys {
  constructor(
    private readonly keys: SigningKeys,
    private readonly access: OperatorAccess,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param to the `kid` of a retired key; null = a new one
   * @throws AppError 'denied' for who is no operator, 'not-found' for a key that isn't there, 'conflict' for one that
   *   signs already or is revoked, 'unavailable' without Postgres
   */
  async execute(caller: Caller, to: string | null): Promise<StoredSigningKey> {
    const facts = await this.access.authorize(caller, 'settings/write', 'signing-keys');
    return this.keys.change(async (tx, all) => {
      const key = to === null ? await this.keys.make(tx, this.clock() + publicationMs) : await this.back(tx, all, to);
      const asked = to === null ? 'rotate' : `rotate to ${to}`;
      await this.report.changed(tx, 'updated', {
        ...facts,
        asked,
        resource: `signing-key:${key.kid}`,
        decidedBy: null,
      });
      return key;
    });
  }

  private async back(tx: Transaction, all: readonly StoredSigningKey[], kid: string): Promise<StoredSigningKey> {
    const key = all.find((each) => each.kid === kid);
    if (key === undefined)
      throw new AppError({ kind: 'not-found', code: 'unknown-key', message: 'there is no such key' });
    if (key.status !== 'retired') {
      throw new AppError({ kind: 'conflict', code: 'not-retired', message: `this key is ${key.status}, not retired` });
    }
    const active = all.filter(({ status }) => status === 'active');
    const signing = await this.keys.move(tx, key, { status: 'active', signsFromMs: this.clock() });
    for (const other of active) await this.keys.move(tx, other, { status: 'retired' });
    return signing;
  }
}
