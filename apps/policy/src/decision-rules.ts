import type { DecisionSettings } from '@berth/definitions';
import type { Clock } from '@berth/foundation';

/** What decisions depend on beside the definitions: the time, and since when enforcement is on everywhere. */
export class DecisionRules implements DecisionSettings {
  constructor(
    private readonly clock: Clock,
    /** Epoch milliseconds. */
    readonly enforcementMandatoryFromMs: number,
  ) {}

  /** Epoch milliseconds. */
  nowMs(): number {
    return this.clock();
  }
}
