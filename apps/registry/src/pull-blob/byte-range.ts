import type { ByteRange } from '@berth/blob-store';

/** Reads `Range` of a GET: one range, none, or one that can't be satisfied. */
export type RequestedRange = { readonly kind: 'whole' } | { readonly kind: 'unsatisfiable' } | PartialRange;

interface PartialRange {
  readonly kind: 'part';
  readonly range: ByteRange;
}

/**
 * One range of bytes, as `bytes=0-99`, `bytes=100-` or `bytes=-100`; one that ends before it begins can't be satisfied.
 * Anything else (several ranges, another unit, a bad
 * number) is ignored, as a server may: the whole content is answered then.
 *
 * @param header null = not sent
 * @source RFC 9110 section 14
 */
export function parseRange(header: string | null, sizeBytes: number): RequestedRange {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return { kind: 'whole' };
  if (first === '') {
    const wanted = Math.min(Number(last), sizeBytes);
    return wanted === 0 ? { kind: 'unsatisfiable' } : part(sizeBytes - wanted, sizeBytes - 1);
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  const isBackwards = last !== '' && Number(last) < start;
  return start >= sizeBytes || isBackwards ? { kind: 'unsatisfiable' } : part(start, end);
}

function part(start: number, end: number): PartialRange {
  return { kind: 'part', range: { start, end } };
}
