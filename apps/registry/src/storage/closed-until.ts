/** The column as the driver reads it: null = open; Infinity = until somebody decides. */
export type ClosedUntil = Date | number | null;

/** @param atMs epoch milliseconds */
export function isClosedAt(closedUntil: ClosedUntil, atMs: number): boolean {
  return closedUntil !== null && closedUntil.valueOf() > atMs;
}
