import process from 'node:process';

/** Where a push can be made to die, for proofs of what a crash leaves. */
export const failPoints = [
  'upload:reserved',
  'upload:appended',
  'upload:hashed',
  'upload:sealed',
  'upload:linked',
  'upload:committed',
  'upload:answered',
  'manifest:stored',
  'manifest:committed',
] as const;

/** A place that a push passes. */
export type FailPoint = (typeof failPoints)[number];

/** A place, and at which passing of it the process dies, from 1. */
export interface ArmedFailPoint {
  readonly point: FailPoint;
  readonly passing: number;
}

let armed: { readonly point: FailPoint; left: number } | null = null;

/** From now on the process dies there; null = nowhere. Only the process's start calls this. */
export function armFailPoint(at: ArmedFailPoint | null): void {
  armed = at === null ? null : { point: at.point, left: at.passing };
}

/** Nothing, unless it is armed: then the process ends by SIGKILL, as if the machine had lost its power there. */
export function failPoint(point: FailPoint): void {
  if (armed?.point !== point) return;
  armed.left -= 1;
  if (armed.left <= 0) process.kill(process.pid, 'SIGKILL');
}
