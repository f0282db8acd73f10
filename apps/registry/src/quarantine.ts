import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { Repository } from './repository.js';

/** `quarantined` and `failed` are closed to who may only pull. */
export type QuarantineState = 'quarantined' | 'passed' | 'failed';

/** A digest that is pushed where what is pushed is closed at first. */
export interface QuarantineStart {
  readonly digest: Digest;
  /** `<kind>:<id>` of who pushes it. */
  readonly principal: string;
  readonly at: Date;
  /** When it is open if nobody decides; null = it stays closed until somebody does. */
  readonly releaseAt: Date | null;
}

/** What somebody decided about a digest. */
export interface QuarantineDecision {
  readonly digest: Digest;
  readonly state: QuarantineState;
  /** At most 4 KiB, whatever the scanner likes to say; null = nothing. */
  readonly details: string | null;
  /** `<kind>:<id>` */
  readonly principal: string;
  readonly at: Date;
}

/** A digest about which nobody decided in time. */
export interface EndedHold {
  readonly repository: Repository;
  readonly digest: Digest;
}

/** What stands in the details of a manifest about which nobody decided in time. */
export const endedHoldDetails = 'nobody decided about it in time';

/**
 * What was decided about digests, for each repository by itself. Whoever also locks manifests or links of blobs in the
 * same transaction writes here first: a push does.
 */
export abstract class QuarantineStore {
  /**
   * Waits for whoever pushes, deletes or decides about the digest in the repository just now, and lets later ones wait until
   * the transaction ends: whether its manifest is there and what was decided about it are looked at together.
   */
  abstract lock(tx: Transaction, repository: Repository, digest: Digest): Promise<void>;

  /** Closes a digest about which nothing was ever decided here. @returns false when something was: that stays */
  abstract begin(tx: Transaction, repository: Repository, start: QuarantineStart): Promise<boolean>;

  /** Decides about a digest whose manifest is in the repository. @returns false when it isn't; nothing is stored then */
  abstract decide(tx: Transaction, repository: Repository, decision: QuarantineDecision): Promise<boolean>;

  /**
   * Forgets that a digest is in quarantine, for as long as that would still end by itself: its manifest goes, and what nobody
   * could look at meanwhile isn't passed by time. What somebody decided stays.
   */
  abstract stopClock(tx: Transaction, repository: Repository, stopped: { digest: Digest; at: Date }): Promise<void>;

  /**
   * Whether a digest is closed in the repository until somebody decides, its manifest there or not: it failed, or was put
   * into quarantine without an end.
   */
  abstract closesForGood(tx: Transaction, repository: Repository): Promise<boolean>;

  /** Passes one digest about which nobody decided until the instant. Null when there is none that can be had now. */
  abstract endOne(tx: Transaction, at: Date): Promise<EndedHold | null>;
}
