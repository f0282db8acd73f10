import { describe, expect, it } from 'vitest';
import { OneInFlight } from './one-in-flight.js';

/** A query that answers when told to. */
function controlledQuery() {
  const sent: { questions: readonly number[]; answer: (a: string) => void; fail: (e: Error) => void }[] = [];
  const query = (questions: readonly number[]) =>
    new Promise<string>((answer, fail) => void sent.push({ questions, answer, fail }));
  return { sent, query };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('OneInFlight', () => {
  it('puts the questions of one turn of the event loop into one query', async () => {
    const { sent, query } = controlledQuery();
    const asked = new OneInFlight(query);
    const answers = [asked.ask(1), asked.ask(2), asked.ask(3)];
    await turn();
    expect(sent.map(({ questions }) => questions)).toEqual([[1, 2, 3]]);
    sent[0]?.answer('all');
    expect(await Promise.all(answers)).toEqual(['all', 'all', 'all']);
  });

  it('answers a question only from a query that was sent after it', async () => {
    const { sent, query } = controlledQuery();
    const asked = new OneInFlight(query);
    const first = asked.ask(1);
    await turn();
    const late = [asked.ask(2), asked.ask(3)];
    await turn();
    expect(sent).toHaveLength(1);
    sent[0]?.answer('old');
    expect(await first).toBe('old');
    // The next query waits a turn, for the requests that are only now read.
    await turn();
    await turn();
    expect(sent.map(({ questions }) => questions)).toEqual([[1], [2, 3]]);
    sent[1]?.answer('new');
    expect(await Promise.all(late)).toEqual(['new', 'new']);
  });

  it('fails those who asked in a failed query, and nobody else', async () => {
    const { sent, query } = controlledQuery();
    const asked = new OneInFlight(query);
    const first = asked.ask(1);
    await turn();
    const second = asked.ask(2);
    sent[0]?.fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await turn();
    await turn();
    sent[1]?.answer('back');
    expect(await second).toBe('back');
  });

  it('goes on after it was idle', async () => {
    const { sent, query } = controlledQuery();
    const asked = new OneInFlight(query);
    const first = asked.ask(1);
    await turn();
    sent[0]?.answer('one');
    await first;
    await turn();
    const second = asked.ask(2);
    await turn();
    sent[1]?.answer('two');
    expect(await second).toBe('two');
  });
});
