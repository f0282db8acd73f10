import { describe, expect, it } from 'vitest';
import { BatchedLookup } from './batched-lookup.js';

function lookup(answer: (wanted: readonly number[]) => Promise<ReadonlyMap<number, string>>) {
  const asked: (readonly number[])[] = [];
  const batched = new BatchedLookup<number, string>(String, (wanted) => {
    asked.push(wanted);
    return answer(wanted);
  });
  return { asked, batched };
}

const named = async (wanted: readonly number[]) =>
  new Map(wanted.flatMap((n, at) => (n < 0 ? [] : [[at, `n${n}`] as const])));

describe('BatchedLookup', () => {
  it('answers all wishes of a turn with one statement, equal ones with one place in it', async () => {
    const { asked, batched } = lookup(named);
    expect(await Promise.all([1, 2, -1, 1].map((n) => batched.find(n)))).toEqual(['n1', 'n2', null, 'n1']);
    expect(asked).toEqual([[1, 2, -1]]);
  });

  it('answers a wish that comes during a statement with the next one, also an equal one', async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { asked, batched } = lookup(async (wanted) => {
      started.resolve();
      await gate.promise;
      return named(wanted);
    });
    const first = batched.find(1);
    await started.promise;
    const later = [batched.find(1), batched.find(2)];
    gate.resolve();
    expect(await Promise.all([first, ...later])).toEqual(['n1', 'n1', 'n2']);
    expect(asked).toEqual([[1], [1, 2]]);
  });

  it('tells an error to those who waited for it, and goes on', async () => {
    let fails = true;
    const { batched } = lookup(async (wanted) => {
      if (fails) throw new Error('the database does not answer');
      return named(wanted);
    });
    const both = await Promise.allSettled([batched.find(1), batched.find(2)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await batched.find(1)).toBe('n1');
  });

  it('asks for 64 things at most with one statement', async () => {
    const { asked, batched } = lookup(named);
    await Promise.all(Array.from({ length: 150 }, (_, n) => batched.find(n)));
    expect(asked.map(({ length }) => length)).toEqual([64, 64, 22]);
  });
});
