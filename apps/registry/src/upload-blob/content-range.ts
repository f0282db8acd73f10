import { outOfOrder } from './upload-refusals.js';

/** Where the chunk of a PATCH lies in its blob; both ends included. */
export interface ContentRange {
  readonly start: number;
  readonly sizeBytes: number;
}

/**
 * Reads `Content-Range` of a chunk, `<start>-<end>` (also behind `bytes `, as some clients write it).
 *
 * @returns null when the header is absent: the bytes go behind what is there
 * @throws AppError 'conflict' (416) for anything else
 * @source OCI distribution-spec 1.1 "Pushing a blob in chunks"
 */
export function parseContentRange(header: string | undefined): ContentRange | null {
  if (header === undefined) return null;
  const [, first, last] = /^(?:bytes )?(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  const start = Number(first ?? Number.NaN);
  const end = Number(last ?? Number.NaN);
  if (!(start <= end)) throw outOfOrder();
  return { start, sizeBytes: end - start + 1 };
}
