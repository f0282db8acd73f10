import type { Database } from '@berth/persistence';

/** Which turn at relaying a change belongs to: it counts only while this holder has this epoch. */
export interface LeaseFence {
  readonly holder: string;
  readonly epoch: number;
}

const leaseMs = 2_000;
const safetyMs = 1_000;

const renewal = {
  name: 'relay_lease_renew',
  text: `update relay_lease
            set holder = $1, until = clock_timestamp() + interval '${leaseMs} ms',
                epoch = epoch + case when holder = $1 then 0 else 1 end
          where holder = $1 or until < clock_timestamp()
      returning epoch`,
};

/**
 * The right to relay a service's outbox: one row, 2 s at a time, by the clock of Postgres. A new holder has a higher
 * epoch. The holder counts its time from before it asked and stops 1 s early, so it has stopped when another begins.
 */
export class RelayLease {
  private epoch: number | null = null;
  private actUntilMs = 0;
  private declineUntilMs = 0;

  /**
   * @param holder unique to this process, restarts included; one that names itself again would keep the old epoch
   * @param monotonicMs milliseconds that only grow, unlike the time of day
   */
  constructor(
    private readonly db: Pick<Database, 'query' | 'prepared'>,
    private readonly holder: string,
    private readonly monotonicMs: () => number,
  ) {}

  /**
   * Takes a lease that nobody has, or prolongs this one's.
   *
   * @throws AppError 'unavailable' when Postgres doesn't answer; a lease held then ends by itself
   */
  async renew(): Promise<void> {
    const askedAtMs = this.monotonicMs();
    if (askedAtMs < this.declineUntilMs) return;
    const [row] = await this.db.prepared<{ epoch: number }>(renewal, [this.holder]);
    this.epoch = row?.epoch ?? null;
    this.actUntilMs = askedAtMs + leaseMs - safetyMs;
  }

  /** The holder's fence while it may send; null otherwise. Ask right before each send. */
  current(): LeaseFence | null {
    return this.epoch === null || this.monotonicMs() >= this.actUntilMs
      ? null
      : { holder: this.holder, epoch: this.epoch };
  }

  /** For a holder that has learnt from elsewhere that it is none any more. */
  forget(): void {
    this.epoch = null;
  }

  /** Stops acting at once and lets another take over; this one doesn't compete for `declineMs`. */
  async release(declineMs = 0): Promise<void> {
    this.epoch = null;
    this.declineUntilMs = this.monotonicMs() + declineMs;
    await this.db.query(`update relay_lease set until = '-infinity', holder = null where holder = $1`, [this.holder]);
  }
}
