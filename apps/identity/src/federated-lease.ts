import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { FEDERATED_PERSON_STORE, type FederatedPersonStore } from './federated-person.js';

/** How long after their log-in a person of an identity provider has what they got by it. */
export const leaseMs = 8 * 3_600_000;

/**
 * Ends what people of an identity provider make for themselves eight hours after their log-in: that somebody has left is
 * only learned when they log in no more.
 *
 * @source access-model "Issuing"
 */
@Injectable()
export class FederatedLease {
  constructor(
    @Inject(FEDERATED_PERSON_STORE) private readonly people: FederatedPersonStore,
    private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The wished end, or that of the caller's lease if it comes first. Nobody else's end changes.
   *
   * @param endsAtMs epoch milliseconds; null = never
   * @throws AppError 'denied' with code `log-in-too-old` when the lease has ended, 'unavailable' without Postgres
   */
  async shorten({ ref, account }: Caller, endsAtMs: number | null): Promise<number | null> {
    const [kind, id = ''] = ref.split(':', 2);
    const loggedInAtMs = kind === 'user' ? await this.people.loggedInAt(this.db, account, id) : null;
    if (loggedInAtMs === null) return endsAtMs;
    const leaseEndsAtMs = loggedInAtMs + leaseMs;
    if (leaseEndsAtMs <= this.clock()) {
      const message = 'your log-in is too long ago for this: log in again';
      throw new AppError({ kind: 'denied', code: 'log-in-too-old', message });
    }
    return Math.min(endsAtMs ?? leaseEndsAtMs, leaseEndsAtMs);
  }
}
