import type { Upstream } from '../upstream.js';

/** How long a replica that could not be reached is asked last. */
const avoidedForMs = 2_000;

/** The replicas of each service, taken in turn; one that was away a moment ago comes last. */
export class Replicas {
  private turn = 0;
  private readonly awayUntilMs = new Map<string, number>();

  constructor(
    private readonly urls: Readonly<Record<Upstream, readonly string[]>>,
    private readonly clock: () => number,
  ) {}

  /** All replicas of a service in the order in which to ask them. */
  inTurn(upstream: Upstream): readonly string[] {
    const urls = this.urls[upstream];
    const start = this.turn % Math.max(1, urls.length);
    this.turn += 1;
    const rotated = [...urls.slice(start), ...urls.slice(0, start)];
    if (this.awayUntilMs.size === 0) return rotated;
    const nowMs = this.clock();
    const isAway = (url: string) => (this.awayUntilMs.get(url) ?? 0) > nowMs;
    return [...rotated.filter((url) => !isAway(url)), ...rotated.filter(isAway)];
  }

  /** Remembers that a replica could not be reached: a request with a body can't be sent twice, so it should not meet it. */
  reportAway(url: string): void {
    this.awayUntilMs.set(url, this.clock() + avoidedForMs);
  }
}
