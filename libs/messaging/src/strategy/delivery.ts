import { errorMessage, isAppError } from '@berth/errors';
import type { Logger } from '@berth/telemetry';
import { setTimeout as pause } from 'node:timers/promises';

/** A controller's method; the strategy knows nothing of its records' type. */
export type RecordsHandler = (records: readonly unknown[]) => Promise<void>;

/** The part of a partition that one call of a handler gets. */
export interface RecordRange {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: string;
  readonly lastOffset: string;
}

/** What {@link Delivery} is made with. */
export interface DeliveryOptions {
  readonly handlersOf: (topic: string) => readonly RecordsHandler[];
  readonly logger: Logger;
  /** Ends every wait; what was not handled is then given again by the next start. */
  readonly signal: AbortSignal;
}

const maxTries = 3;
const firstBackOffMs = 100;
const lastBackOffMs = 5_000;

/**
 * Gives records to the handlers of their topic and decides what a failure means. `AppError` 'unavailable' means that what
 * the handler needs is away, not that the records are wrong: they are given again until it works. Anything else stops the
 * topic after 3 tries, because to skip a record would lose it: a lost minimum is an access that should have ended.
 */
export class Delivery {
  private readonly stopped = new Map<string, string>();
  private readonly waiting = new Map<string, string>();

  constructor(private readonly options: DeliveryOptions) {}

  /** What stopped or waits, one line each, naming topic, partition and offsets; for `/health/ready`. */
  failures(): string[] {
    return [...this.stopped.values(), ...this.waiting.values()];
  }

  /** Whether a topic was stopped; its records are not to be given to anyone. */
  isStopped(topic: string): boolean {
    return this.stopped.has(topic);
  }

  /** Stops a topic at a record, until the process starts again. */
  stop(range: RecordRange, why: string): void {
    const failure = `${placeOf(range)}: ${why}`;
    this.stopped.set(range.topic, failure);
    this.options.logger.error(`a topic is stopped at ${failure}`);
  }

  /** @returns whether all handlers have handled the records; false when the topic was stopped or the process stops */
  async deliver(range: RecordRange, records: readonly unknown[]): Promise<boolean> {
    const { signal, handlersOf, logger } = this.options;
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        for (const handle of handlersOf(range.topic)) await handle(records);
        this.waiting.delete(range.topic);
        return true;
      } catch (e) {
        const isAway = isAppError(e) && e.kind === 'unavailable';
        if (tries === 1 || !isAway) logger.warn({ err: e }, `${placeOf(range)} was not handled, try ${tries}`);
        if (!isAway && tries >= maxTries) return this.giveUp(range, e);
        if (isAway) this.waiting.set(range.topic, `${placeOf(range)}: waiting, ${errorMessage(e)}`);
        await this.backOff(tries);
      }
    }
    return false;
  }

  private giveUp(range: RecordRange, e: unknown): false {
    this.waiting.delete(range.topic);
    this.stop(range, `not handled in ${maxTries} tries, ${errorMessage(e)}`);
    return false;
  }

  private async backOff(tries: number): Promise<void> {
    const ms = Math.min(firstBackOffMs * 2 ** (tries - 1), lastBackOffMs);
    await pause(ms, undefined, { signal: this.options.signal }).catch(() => undefined);
  }
}

function placeOf({ topic, partition, firstOffset, lastOffset }: RecordRange): string {
  const offsets = firstOffset === lastOffset ? firstOffset : `${firstOffset}..${lastOffset}`;
  return `${topic}/${partition}@${offsets}`;
}
