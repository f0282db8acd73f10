/** One file of a spool: consecutive frames of one boot. */
export interface Segment {
  readonly path: string;
  readonly boot: string;
  /** Number of its first frame; the first frame of a boot is 1. */
  readonly first: number;
  /** Bytes of whole frames that are written. */
  readonly size: number;
  /** Nothing will be added. */
  readonly isFinished: boolean;
}

const name = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(\d{16})\.seg$/;

/** `<boot>-<number of the first frame>.seg`; boots are uuidv7, so names sort by age. */
export function segmentName(boot: string, first: number): string {
  return `${boot}-${String(first).padStart(16, '0')}.seg`;
}

/** Reads a file name; null when it is no segment's. */
export function parseSegmentName(fileName: string): { boot: string; first: number } | null {
  const match = name.exec(fileName);
  const [, boot, first] = match ?? [];
  return boot === undefined || first === undefined ? null : { boot, first: Number(first) };
}
