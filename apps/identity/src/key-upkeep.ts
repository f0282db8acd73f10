import { installation } from '@berth/contracts';
import { Rounds, type Clock } from '@berth/foundation';
import type { Transaction } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { dueChanges, publicationMs } from './key-life.js';
import type { Report } from './report.js';
import type { StoredSigningKey } from './signing-key.js';
import type { SigningKeys } from './signing-keys.js';

/** The pause between two looks at which keys there are: far more often than a new one needs to be known before it signs. */
const everyMs = 2_000;

export interface KeyUpkeepOptions {
  readonly keys: SigningKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly report: Report;
  /** Age at which a key is followed by another by itself; 0 = never. */
  readonly maxAgeMs: number;
}

/**
 * Keeps every process signing with the keys of the table, and does what time asks for: retires a key after which another
 * signs everywhere, ends one of which no token is alive, and makes the next when the last gets old. One replica does each.
 */
export class KeyUpkeep extends Rounds {
  constructor(private readonly options: KeyUpkeepOptions) {
    super(everyMs);
  }

  /** @throws AppError 'unavailable' without Postgres */
  async run(): Promise<void> {
    const keys = await this.options.keys.load();
    if (isNothing(this.due(keys))) return;
    await this.options.keys.change((tx, locked) => this.settle(tx, locked));
  }

  protected round(): Promise<void> {
    return this.run();
  }

  protected failed(err: unknown): void {
    this.options.logger.warn({ err }, 'the signing keys could not be looked after');
  }

  private due(keys: readonly StoredSigningKey[]) {
    return dueChanges(keys, { nowMs: this.options.clock(), maxAgeMs: this.options.maxAgeMs });
  }

  /** Decided anew under the lock: another replica may have been faster. */
  private async settle(tx: Transaction, locked: readonly StoredSigningKey[]): Promise<void> {
    const { keys, clock } = this.options;
    const { toRetire, toEnd, isRotationDue } = this.due(locked);
    for (const key of toRetire) await this.tell(tx, 'retired', await keys.move(tx, key, { status: 'retired' }));
    for (const key of toEnd) await this.tell(tx, 'ended', await keys.move(tx, key, { status: 'revoked' }));
    if (isRotationDue) await this.tell(tx, 'made by age', await keys.make(tx, clock() + publicationMs));
  }

  /** Nobody asked for it: the actor is the service itself. */
  private async tell(tx: Transaction, asked: string, { kid }: StoredSigningKey): Promise<void> {
    await this.options.report.changed(tx, 'updated', {
      account: installation.accountId,
      actor: { id: null, name: 'identity' },
      origin: { address: null, userAgent: null, traceId: null },
      action: 'settings/write',
      registryId: null,
      resource: `signing-key:${kid}`,
      resourceName: 'signing-keys',
      asked,
      decidedBy: null,
    });
  }
}

function isNothing({ toRetire, toEnd, isRotationDue }: ReturnType<typeof dueChanges>): boolean {
  return toRetire.length === 0 && toEnd.length === 0 && !isRotationDue;
}
