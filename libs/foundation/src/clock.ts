/** The time in epoch milliseconds, UTC; injected, so that specs can stand still. */
export type Clock = () => number;

/** Where Nest gives it. */
export const CLOCK = Symbol('Clock');

/** JWT times are whole seconds; everything else is milliseconds. */
export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}
