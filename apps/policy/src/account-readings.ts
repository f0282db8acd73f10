import { AppError } from '@berth/errors';
import { Injectable } from '@nestjs/common';

/** How many wait for the one that reads; each takes seconds in the largest accounts. */
const maxWaiting = 4;

/** Reading all that is granted in an account takes much memory and time: one at a time for each account, the next ones wait. */
@Injectable()
export class AccountReadings {
  /** Who waits, by the account that is being read now. */
  private readonly waiting = new Map<string, (() => void)[]>();

  /** @throws AppError 'rate-limited' when four wait already; what `work` throws */
  async run<T>(account: string, work: () => Promise<T>): Promise<T> {
    await this.turn(account);
    try {
      return await work();
    } finally {
      // The turn is handed on: nobody who comes later can take it.
      const next = this.waiting.get(account)?.shift();
      if (next === undefined) this.waiting.delete(account);
      else next();
    }
  }

  private async turn(account: string): Promise<void> {
    const queue = this.waiting.get(account);
    if (queue === undefined) {
      this.waiting.set(account, []);
      return;
    }
    if (queue.length >= maxWaiting) throw tooMany();
    await new Promise<void>((resolve) => queue.push(resolve));
  }
}

function tooMany(): AppError {
  return new AppError({
    kind: 'rate-limited',
    code: 'too-many-questions',
    message: 'too many questions about everybody in this account at once; try again',
    retryAfterSeconds: 2,
  });
}
