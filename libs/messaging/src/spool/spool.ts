import type { EntryDraft, Service, SpoolFrame, SpoolProducer } from '@berth/contracts';
import { AppError, errorMessage } from '@berth/errors';
import type { Logger } from '@berth/telemetry';
import { v7 as uuidv7 } from 'uuid';
import { boundedEntry } from './bounded-entry.js';
import { FrameBuffer, maxFrameText } from './frame.js';
import { realDisk, SegmentWriter, type SpoolDisk } from './segment-writer.js';
import { SpoolFolder, type LastBoot } from './spool-folder.js';

/** What a spool is opened with. */
export interface SpoolOptions {
  /** `<dataDir>/spool`; the instance's folder is made in it. */
  readonly dir: string;
  readonly service: Service;
  readonly instance: string;
  /** Survive a loss of power too, not only the death of the process: one fdatasync per turn. Default false. */
  readonly fsync?: boolean;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** For specs. */
  readonly disk?: SpoolDisk;
}

/** Bytes at which the next segment begins. */
const segmentBytes = 16 * 1024 * 1024;

/**
 * The local log of what is too frequent for a transaction each: pulls, refusals, log-ins. An entry is in a file before its
 * request is answered, so `kill -9` right after an answer loses nothing; {@link SpoolShipper} brings it to Kafka.
 *
 * All entries of one turn of the event loop are written by one call. Frames are numbered from 1 in each boot, without
 * gaps; the first one, `opened`, names the boot that used the folder before and its last number, so a lost volume shows.
 */
export class Spool {
  private texts: string[] = [];
  private turn = Promise.withResolvers<void>();
  private flushing: Promise<void> | null = null;
  private isClosed = false;
  private segment: SegmentWriter | null = null;
  /** The boot's first frame, until it is written. */
  private opening: string | null;
  private readonly buffer = new FrameBuffer();

  private constructor(
    private readonly options: SpoolOptions,
    /** This boot, as its batches name it. */
    readonly producer: SpoolProducer,
    /** For the shipper. */
    readonly folder: SpoolFolder,
  ) {
    this.opening = JSON.stringify({ kind: 'opened', previous: folder.previous } satisfies SpoolFrame);
  }

  /** Called after each write; the shipper's signal. */
  onWritten: () => void = () => undefined;

  /** The time as the spool's owner tells it, in epoch milliseconds. */
  get clock(): () => number {
    return this.options.clock;
  }

  /**
   * Takes the instance's folder and begins a new boot in it. On a disk that is full of what is not shipped yet it resolves
   * all the same, as only shipping makes room there; entries are refused until then.
   *
   * @throws AppError 'conflict' while another process holds the folder; 'unavailable' when the disk refuses
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { dir, service, instance, clock, logger } = options;
    const folder = SpoolFolder.open(dir, `${service}.${instance}`, logger);
    try {
      const spool = new Spool(options, { service, instance, boot: bootAfter(folder.previous, clock()) }, folder);
      await spool.begin(folder.segments.length > 0);
      return spool;
    } catch (e) {
      folder.release();
      throw unavailable(e);
    }
  }

  /**
   * Adds an entry; resolves once it is in the file. Texts that are longer than the entry's contract allows are cut.
   *
   * @throws AppError 'unavailable' when it can't be written (a full disk): the request must then be refused, not answered
   */
  append(entry: EntryDraft): Promise<void> {
    return this.add({ kind: 'entry', entry: boundedEntry(entry) });
  }

  /** Writes what is waiting and the last frame, `closed`. No entry can be added from now on. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    const closed = this.add({ kind: 'closed' });
    this.isClosed = true;
    try {
      await closed;
    } catch (e) {
      this.options.logger.error({ err: e }, 'the spool could not be closed in order');
    }
    this.segment?.finish();
    this.onWritten();
    this.folder.release();
  }

  private async begin(hasUnshipped: boolean): Promise<void> {
    try {
      await this.store([]);
    } catch (e) {
      if (!hasUnshipped || !isFull(e)) throw e;
      this.options.logger.error({ err: e }, 'the spool is full and takes entries once it is shipped');
    }
  }

  private add(frame: SpoolFrame): Promise<void> {
    if (this.isClosed) return Promise.reject(unavailable(new Error('the spool is closed')));
    const text = JSON.stringify(frame);
    if (text.length > maxFrameText) return Promise.reject(unavailable(new Error(`${text.length} units are too many`)));
    this.texts.push(text);
    if (this.texts.length === 1 && this.flushing === null) setImmediate(() => this.startFlush());
    return this.turn.promise;
  }

  private startFlush(): void {
    this.flushing = this.flush().finally(() => {
      this.flushing = null;
      if (this.texts.length > 0) setImmediate(() => this.startFlush());
    });
  }

  /** Never throws; whoever waits for the turn gets the error. */
  private async flush(): Promise<void> {
    const { texts, turn } = this;
    this.texts = [];
    this.turn = Promise.withResolvers<void>();
    try {
      await this.store(texts);
      turn.resolve();
      this.onWritten();
    } catch (e) {
      this.options.logger.error({ err: e }, `the spool refuses ${texts.length} entries: ${errorMessage(e)}`);
      turn.reject(unavailable(e));
    }
  }

  private async store(texts: readonly string[]): Promise<void> {
    const frames = this.opening === null ? texts : [this.opening, ...texts];
    const bytes = this.buffer.frames(frames);
    const segment = this.segmentFor(bytes.length);
    segment.write(bytes, frames.length);
    this.opening = null;
    if (this.options.fsync === true) await this.sync(segment);
  }

  /** After a failed sync nobody knows what the file holds on disk, so the next frames go to another one. */
  private async sync(segment: SegmentWriter): Promise<void> {
    try {
      await segment.sync();
    } catch (e) {
      segment.finish();
      throw e;
    }
  }

  private segmentFor(bytes: number): SegmentWriter {
    const { segment } = this;
    if (segment !== null && !segment.isFinished && segment.size + bytes <= segmentBytes) return segment;
    segment?.finish();
    this.segment = this.nextSegment(segment === null ? 1 : segment.last + 1);
    return this.segment;
  }

  private nextSegment(first: number): SegmentWriter {
    const { folder, producer, options } = this;
    const segment = new SegmentWriter(folder.path, producer.boot, first, options.disk ?? realDisk);
    if (options.fsync === true) segment.syncName();
    folder.add(segment);
    return segment;
  }
}

/** Boots sort by age even when the clock was set back between them. */
function bootAfter(previous: LastBoot | null, nowMs: number): string {
  if (previous === null) return uuidv7({ msecs: nowMs });
  const previousMs = Number.parseInt(previous.boot.slice(0, 8) + previous.boot.slice(9, 13), 16);
  return uuidv7({ msecs: Math.max(nowMs, previousMs + 1) });
}

function isFull(e: unknown): boolean {
  return e instanceof Error && 'code' in e && (e.code === 'ENOSPC' || e.code === 'EDQUOT');
}

function unavailable(cause: unknown): AppError {
  const message = 'the audit record of this request cannot be written';
  return new AppError({ kind: 'unavailable', code: 'spool', message, retryAfterSeconds: 5, cause });
}
