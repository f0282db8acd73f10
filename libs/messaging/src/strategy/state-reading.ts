import type { StateProgress } from './state-progress.js';

/** One partition as Kafka describes it: the first offset it still has, and the one its next record will get. */
export interface PartitionOffsets {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

/** The bookkeeping behind {@link StateProgress}. Offsets are numbers: 2^53 records in a partition are out of reach. */
export class StateReading implements StateProgress {
  answered = false;
  private done = false;
  private ends: ReadonlyMap<number, number> | null = null;
  private readonly next = new Map<number, number>();
  private readonly beats = new Map<number, { readonly change: number; readonly heardMs: number }>();
  private readonly sinceMs: number;

  constructor(
    private readonly partitions: number,
    private readonly clock: () => number,
  ) {
    this.sinceMs = clock();
  }

  get caughtUp(): boolean {
    return this.done;
  }

  silentForMs(): number {
    const now = this.clock();
    const heard = this.partitionIds().map((id) => this.beats.get(id)?.heardMs ?? this.sinceMs);
    return Math.max(0, ...heard.map((ms) => now - ms));
  }

  safeChange(): number {
    return Math.min(...this.partitionIds().map((id) => this.beats.get(id)?.change ?? 0));
  }

  /** The consumer begins at the first offset again, perhaps of another cluster: what was seen of ends counts no more. */
  restarted(): void {
    if (this.done) return;
    this.ends = null;
    this.next.clear();
  }

  /**
   * Kafka described the partitions. The first description since the start is the end to read to; a later one tells what
   * retention has removed meanwhile, which nobody can read any more.
   */
  described(offsets: readonly PartitionOffsets[]): void {
    this.answered = true;
    this.ends ??= new Map(offsets.map(({ partition, high }) => [partition, high]));
    for (const { partition, low } of offsets) this.reached(partition, low);
  }

  /** All before `next` of this partition is handled, or was removed by compaction. */
  reached(partition: number, next: number): void {
    this.answered = true;
    this.next.set(partition, Math.max(next, this.next.get(partition) ?? 0));
    if (!this.done && this.ends !== null) this.done = this.hasReachedEnds(this.ends);
  }

  /** A heartbeat at the end of this partition, and all before it is handled. */
  heard(partition: number, change: number): void {
    this.beats.set(partition, { change, heardMs: this.clock() });
  }

  private hasReachedEnds(ends: ReadonlyMap<number, number>): boolean {
    return [...ends].every(([partition, end]) => (this.next.get(partition) ?? 0) >= end);
  }

  private partitionIds(): number[] {
    return this.ends === null ? Array.from({ length: this.partitions }, (_, id) => id) : [...this.ends.keys()];
  }
}
