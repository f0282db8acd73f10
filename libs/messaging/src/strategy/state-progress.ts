/** How far this process has read one state topic; what a copy of it needs to know whether it may be trusted. */
export interface StateProgress {
  /** Every partition has been read to the end that it had when this process began to read; stays true from then on. */
  readonly caughtUp: boolean;
  /** Kafka gave any answer since this process started. */
  readonly answered: boolean;
  /**
   * Milliseconds since the last heartbeat of the partition that is silent longest, or since the start while it gave none.
   * A heartbeat counts once all before it is handled and nothing newer was waiting behind it, so a stuck handler looks
   * silent and so does a reader that is still busy with the past.
   */
  silentForMs(): number;
  /** Every change of the owner up to this number has been handled, as far as it is in this topic; 0 before any heartbeat. */
  safeChange(): number;
}
