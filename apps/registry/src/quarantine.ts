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
  /** Closes a digest about which nothing was ever decided here. @returns false when something was: that stays */
  abstract begin(tx: Transaction, repository: Repository, start: QuarantineStart): Promise<boolean>;

  /** Decides about a digest whose manifest is in the repository. @returns false when it isn't; nothing is stored then */
  abstract decide(tx: Transaction, repository: Repository, decision: QuarantineDecision): Promise<boolean>;

  /** Passes one digest about which nobody decided until the instant. Null when there is none that can be had now. */
  abstract endOne(tx: Transaction, at: Date): Promise<EndedHold | null>;
}
