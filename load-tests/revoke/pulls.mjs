const everyMs = 5;

/** Pulls at a steady rate, whatever the answers take, until stopped; keeps when each was due and how long it took from then. */
export class SteadyPulls {
  #pulls = [];
  #open = new Set();
  #timer;
  #sent = 0;

  /** @param {{ perSecond: number, pull: (n: number) => Promise<number> }} load `pull` answers the status of pull n */
  constructor({ perSecond, pull }) {
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1000);
      for (; this.#sent < due; this.#sent += 1) this.#send(pull, startedAt + (this.#sent * 1000) / perSecond);
    }, everyMs);
  }

  #send(pull, dueAt) {
    const pulling = pull(this.#sent).then((status) => {
      this.#pulls.push({ dueAt, status, ms: performance.now() - dueAt });
      this.#open.delete(pulling);
    });
    this.#open.add(pulling);
  }

  async stop() {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  /** Of the pulls that were due from one instant to another. */
  between(from, to) {
    const some = this.#pulls.filter(({ dueAt }) => dueAt >= from && dueAt < to);
    return { ...percentiles(some.map(({ ms }) => ms)), failed: some.filter(({ status }) => status !== 200).length };
  }
}

/** @returns {{ count: number, p50Ms: number, p99Ms: number, maxMs: number }} */
export function percentiles(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1));
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
