import { setImmediate as turnOfEventLoop } from 'node:timers/promises';

/** Most questions in one query. */
const maxBatch = 500;

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (e: unknown) => void;
}

/**
 * Answers many questions with few queries. One query is in flight at a time, and it holds the questions that were there
 * when it was sent: who asks later takes the next one, so that an answer is never older than its question.
 */
export class OneInFlight<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];
  private isBusy = false;

  /** @param query gives one answer for all questions of a batch (1..500), or rejects for all of them */
  constructor(private readonly query: (questions: readonly Question[]) => Promise<Answer>) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      if (this.isBusy) return;
      this.isBusy = true;
      // The requests that the event loop reads in this turn share the first query already.
      setImmediate(() => void this.run());
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.runBatch(this.waiting.splice(0, maxBatch));
      // Those whose requests are only now read come along too: a query costs its sender as much as five requests do.
      await turnOfEventLoop();
    }
    this.isBusy = false;
  }

  private async runBatch(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answer = await this.query(batch.map(({ question }) => question));
      for (const { resolve } of batch) resolve(answer);
    } catch (e) {
      for (const { reject } of batch) reject(e);
    }
  }
}
