import type { ActivityBatch, Topic } from '@berth/contracts';
import { errorMessage } from '@berth/errors';
import type { Logger, Metrics } from '@berth/telemetry';
import { setTimeout as pause } from 'node:timers/promises';
import type { EventSender } from '../relay/event-sender.js';
import { activityEvent } from './activity-event.js';
import { eventLimit, readFrames } from './segment-reader.js';
import type { Segment } from './segment.js';
import type { Spool } from './spool.js';

/** What {@link SpoolShipper} is made with. */
export interface SpoolShipperOptions {
  readonly spool: Spool;
  readonly producer: Pick<EventSender, 'send'>;
  readonly topic: Topic<ActivityBatch>;
  readonly logger: Logger;
  /** Gets `berth_spool_unshipped_bytes`. */
  readonly metrics?: Metrics;
  /** How long to gather entries before they are sent; default 100 ms. */
  readonly lingerMs?: number;
}

/** How the shipping goes. */
export interface ShipperStatus {
  /** Bytes of whole frames that Kafka hasn't acknowledged. */
  readonly unshippedBytes: number;
  /** Why the last attempt failed; null after one that worked. */
  readonly lastError: string | null;
}

const firstBackOffMs = 200;
const lastBackOffMs = 2_000;

/**
 * Brings a spool to Kafka: what earlier boots left first, then this boot's entries as they come; up to 500 frames an
 * event, compressed, acknowledged by all replicas. A segment's file goes once all its frames are acknowledged, so while
 * Kafka is away everything stays. At least once: a new process sends the segments it finds from their beginning, and
 * consumers hold by producer and number.
 */
export class SpoolShipper {
  private readonly stopping = new AbortController();
  private readonly positions = new Map<string, { offset: number; frames: number }>();
  private running: Promise<void> = Promise.resolve();
  private written = Promise.withResolvers<void>();
  private lastError: string | null = null;
  private isStarted = false;
  private isDraining = false;

  constructor(private readonly options: SpoolShipperOptions) {
    options.metrics?.gauge({
      name: 'berth_spool_unshipped_bytes',
      help: 'Bytes of audit entries that Kafka has not acknowledged yet',
      read: () => this.status().unshippedBytes,
    });
  }

  /** Begins in the background. */
  start(): void {
    const { spool } = this.options;
    this.isStarted = true;
    spool.folder.share();
    spool.onWritten = () => this.written.resolve();
    this.running = this.run();
  }

  /**
   * Ends; close the spool before, so that its last frame can go too.
   *
   * @param drainMs how long to go on while something is left; what remains is sent by the next start
   */
  async stop(drainMs = 0): Promise<void> {
    if (!this.isStarted) return;
    this.isStarted = false;
    this.isDraining = true;
    this.written.resolve();
    const timer = setTimeout(() => this.stopping.abort(), drainMs);
    await this.running;
    clearTimeout(timer);
    this.options.spool.folder.release();
  }

  status(): ShipperStatus {
    const left = this.options.spool.folder.segments.map((segment) => segment.size - this.positionOf(segment).offset);
    return { unshippedBytes: left.reduce((sum, bytes) => sum + bytes, 0), lastError: this.lastError };
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted;) {
      try {
        const goesOn = await this.shipNext();
        failures = 0;
        this.lastError = null;
        if (goesOn) continue;
        if (this.isDraining) return;
        await this.untilWritten();
      } catch (e) {
        if (failures === 0) this.options.logger.warn({ err: e }, `the spool is not shipped: ${errorMessage(e)}`);
        this.lastError = errorMessage(e);
        await this.pause(Math.min(firstBackOffMs * 2 ** failures, lastBackOffMs));
        failures += 1;
      }
    }
  }

  /**
   * Ships one event's worth, or forgets a segment that is done.
   *
   * @returns whether to go on at once. Not after less than an event's worth of a segment that still grows: under load a
   *   few entries are always there, and to send each few by themselves costs every request several times as much
   */
  private async shipNext(): Promise<boolean> {
    const segment = this.options.spool.folder.segments[0];
    if (segment === undefined) return false;
    const position = this.positionOf(segment);
    if (position.offset >= segment.size) return this.forget(segment, position.frames);
    const { bodies, end } = await readFrames(segment, position.offset);
    if (bodies.length === 0) return this.skipDamage(segment, position);
    await this.send(segment, segment.first + position.frames, bodies);
    this.positions.set(segment.path, { offset: position.offset + end, frames: position.frames + bodies.length });
    const isWholeEvent = bodies.length >= eventLimit.frames || end >= eventLimit.bytes;
    return isWholeEvent || segment.isFinished || this.isDraining;
  }

  private async send(segment: Segment, first: number, bodies: readonly Buffer[]): Promise<void> {
    const { spool, topic, producer } = this.options;
    const { service, instance } = spool.producer;
    const at = new Date(spool.clock());
    const message = activityEvent(topic, { producer: { service, instance, boot: segment.boot }, first, bodies, at });
    await producer.send({ topic: topic.name, messages: [message], gzip: true });
  }

  private forget(segment: Segment, frames: number): boolean {
    if (!segment.isFinished) return false;
    this.options.spool.folder.remove(segment, { boot: segment.boot, last: segment.first + frames - 1 });
    this.positions.delete(segment.path);
    return true;
  }

  /** The lost frames show as a gap in the numbers; the file is set aside for whoever looks into it. */
  private skipDamage(segment: Segment, position: { offset: number; frames: number }): boolean {
    this.options.logger.error({ segment: segment.path, ...position }, 'a segment of the spool is damaged');
    this.options.spool.folder.setAside(segment);
    return true;
  }

  private positionOf(segment: Segment): { offset: number; frames: number } {
    return this.positions.get(segment.path) ?? { offset: 0, frames: 0 };
  }

  private async untilWritten(): Promise<void> {
    await this.written.promise;
    this.written = Promise.withResolvers<void>();
    if (!this.isDraining) await this.pause(this.options.lingerMs ?? 100);
  }

  private async pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
