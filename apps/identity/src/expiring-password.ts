import type { ExpiryNotice } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';

/** A password that ends soon, of which that has not been told yet. */
export interface ExpiringPassword extends Pick<
  ExpiryNotice,
  'account' | 'registryId' | 'tokenId' | 'tokenName' | 'daysLeft'
> {
  readonly slot: 1 | 2;
  readonly endsAtMs: number;
}

export const EXPIRING_PASSWORD_STORE = Symbol('ExpiringPasswordStore');

export interface ExpiringPasswordStore {
  /**
   * Takes at most so many passwords of enabled tokens that end in 30, 7 or 1 days, and marks that it is told. Replicas that
   * ask at once get different ones.
   */
  take(tx: Transaction, nowMs: number, limit: number): Promise<ExpiringPassword[]>;
}
