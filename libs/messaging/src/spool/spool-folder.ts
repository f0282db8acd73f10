import { AppError } from '@berth/errors';
import type { Logger } from '@berth/telemetry';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FolderLock } from './folder-lock.js';
import { findFrames } from './frame.js';
import { parseSegmentName, type Segment } from './segment.js';

/** A boot that used this folder, and the number of its last frame. */
const lastBoot = z.strictObject({ boot: z.uuid(), last: z.int().nonnegative() });
export type LastBoot = z.infer<typeof lastBoot>;

/**
 * The folder of one instance's spool: whose lock this process holds, what earlier boots left there, and what this boot
 * adds. Also remembers the last boot once all its segments are shipped and gone.
 */
export class SpoolFolder {
  /** Oldest first. */
  readonly segments: Segment[];
  readonly previous: LastBoot | null;
  private users = 1;

  private constructor(
    readonly path: string,
    private readonly lock: FolderLock,
    logger: Logger,
  ) {
    const found = readdirSync(path)
      .sort()
      .flatMap((name) => foundSegment(path, name));
    const ends = new Map<string, number>();
    this.segments = found.filter((segment, index) => {
      const isLast = found[index + 1]?.boot !== segment.boot;
      return !isLast || cutTail(segment, { ends, logger });
    });
    const newest = this.segments.at(-1)?.boot;
    this.previous = newest === undefined ? this.remembered() : { boot: newest, last: ends.get(newest) ?? 0 };
  }

  /**
   * Takes the folder `<dir>/<service>.<instance>` for this process; makes it if need be. Cuts a torn frame at the end of
   * an earlier boot: its answer never left.
   *
   * @throws AppError 'conflict' while another process holds it, 'unavailable' when the disk refuses
   */
  static open(dir: string, name: string, logger: Logger): SpoolFolder {
    const path = join(dir, encodeURIComponent(name));
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } catch (e) {
      throw new AppError({ kind: 'unavailable', message: `can't make the spool's folder ${path}`, cause: e });
    }
    const lock = FolderLock.take(path);
    try {
      return new SpoolFolder(path, lock, logger);
    } catch (e) {
      lock.release();
      throw new AppError({ kind: 'unavailable', message: `can't read the spool's folder ${path}`, cause: e });
    }
  }

  /** A segment of this boot; takes the place of one without frames that could not be written. */
  add(segment: Segment): void {
    const others = this.segments.filter(({ path }) => path !== segment.path);
    this.segments.splice(0, this.segments.length, ...others, segment);
  }

  /** Forgets a segment that is shipped, and its file. */
  remove(segment: Segment, last: LastBoot): void {
    const remaining = this.segments.filter((other) => other !== segment);
    if (remaining.length === 0) this.remember(last);
    rmSync(segment.path, { force: true });
    this.segments.splice(0, this.segments.length, ...remaining);
  }

  /** Keeps the file of a damaged segment under another name and forgets the segment. */
  setAside(segment: Segment): void {
    renameSync(segment.path, `${segment.path}.damaged`);
    const remaining = this.segments.filter((other) => other !== segment);
    this.segments.splice(0, this.segments.length, ...remaining);
  }

  /** One more part of the process needs the folder; the lock is given up when the last has released it. */
  share(): void {
    this.users += 1;
  }

  release(): void {
    this.users -= 1;
    if (this.users === 0) this.lock.release();
  }

  private remember(last: LastBoot): void {
    const draft = join(this.path, 'last-boot.draft');
    writeFileSync(draft, JSON.stringify(last), { mode: 0o600, flush: true });
    renameSync(draft, join(this.path, 'last-boot.json'));
  }

  private remembered(): LastBoot | null {
    try {
      return lastBoot.parse(JSON.parse(readFileSync(join(this.path, 'last-boot.json'), 'utf8')));
    } catch (e) {
      if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return null;
      throw e;
    }
  }
}

function foundSegment(folder: string, fileName: string): Segment[] {
  const parsed = parseSegmentName(fileName);
  if (parsed === null) return [];
  const path = join(folder, fileName);
  return [{ ...parsed, path, size: statSync(path).size, isFinished: true }];
}

interface TailContext {
  /** Filled in: the last number of each boot. */
  readonly ends: Map<string, number>;
  readonly logger: Logger;
}

/** Only the last segment of a boot can end in a torn frame. @returns whether anything of it is left */
function cutTail(segment: Segment & { size: number }, { ends, logger }: TailContext): boolean {
  const content = readFileSync(segment.path);
  const { bodies, end } = findFrames(content, { frames: Infinity, bytes: Infinity });
  ends.set(segment.boot, segment.first + bodies.length - 1);
  if (end < content.length) {
    logger.warn({ segment: segment.path, bytes: content.length - end }, 'a torn end of the spool is cut');
    truncateSync(segment.path, end);
    segment.size = end;
  }
  if (bodies.length === 0) rmSync(segment.path);
  return bodies.length > 0;
}
