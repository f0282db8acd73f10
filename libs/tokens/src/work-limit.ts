import { AppError } from '@berth/errors';

/** Lets so many pieces of work run at once, so many wait in order, and refuses the rest at once. */
export class WorkLimit {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly bounds: { readonly maxConcurrent: number; readonly maxQueued: number }) {}

  /** @throws AppError 'rate-limited' when too many wait; what `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.bounds.maxConcurrent) await this.turn();
    else this.running++;
    try {
      return await work();
    } finally {
      // A place is handed on, not freed, when somebody waits: nobody who comes later can take it.
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }

  private turn(): Promise<void> {
    if (this.waiting.length >= this.bounds.maxQueued) {
      throw new AppError({
        kind: 'rate-limited',
        code: 'too-many-logins',
        message: 'too many log-ins at once; try again',
        retryAfterSeconds: 1,
      });
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
