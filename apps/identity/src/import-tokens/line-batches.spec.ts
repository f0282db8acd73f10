import { describe, expect, it } from 'vitest';
import { lineBatches, maxLineBytes, type NumberedLine } from './line-batches.js';

async function* pieces(...all: string[]): AsyncGenerator<Buffer> {
  for (const piece of all) yield await Promise.resolve(Buffer.from(piece));
}

async function read(body: AsyncIterable<Buffer>, from = 1): Promise<NumberedLine[][]> {
  const batches: NumberedLine[][] = [];
  for await (const batch of lineBatches(body, from)) batches.push(batch);
  return batches;
}

describe('lineBatches', () => {
  it('finds lines however the body is cut, and one without an end', async () => {
    expect(await read(pieces('a\nb', 'c\n', '\n', 'd'))).toEqual([
      [
        { number: 1, text: 'a' },
        { number: 2, text: 'bc' },
        { number: 3, text: '' },
        { number: 4, text: 'd' },
      ],
    ]);
  });

  it('gives nothing for an empty body', async () => {
    expect(await read(pieces())).toEqual([]);
  });

  it('gives 1,000 lines at a time, from the wanted one on', async () => {
    const body = Array.from({ length: 2500 }, (_, at) => `${at + 1}\n`).join('');
    const batches = await read(pieces(body), 501);
    expect(batches.map((batch) => [batch[0]?.text, batch.length])).toEqual([
      ['501', 1000],
      ['1501', 1000],
    ]);
  });

  it('ends a batch early when its lines are long', async () => {
    const long = `${'x'.repeat(60_000)}\n`;
    const batches = await read(pieces(...Array.from({ length: 40 }, () => long)));
    expect(batches.map(({ length }) => length)).toEqual([18, 18, 4]);
  });

  it('keeps nothing of a line that is too long, and goes on behind it', async () => {
    const piece = 'x'.repeat(maxLineBytes);
    const [batch] = await read(pieces('a\n', piece, piece, 'x\nb\n'));
    expect(batch).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: null },
      { number: 3, text: 'b' },
    ]);
  });

  it('does not read a line that is no UTF-8', async () => {
    async function* body() {
      yield await Promise.resolve(Buffer.of(0xff, 0x0a));
    }
    expect(await read(body())).toEqual([[{ number: 1, text: null }]]);
  });

  it('reads no further than the batch that is wanted', async () => {
    let taken = 0;
    async function* endless() {
      for (;;) {
        taken += 1;
        yield await Promise.resolve(Buffer.from('line\n'.repeat(100)));
      }
    }
    const batches = lineBatches(endless(), 1);
    await batches.next();
    expect(taken).toBe(10);
    await batches.return(undefined);
  });

  it('gives no part of a batch when the body breaks off', async () => {
    async function* broken() {
      yield await Promise.resolve(Buffer.from('a\nb\n'));
      throw new Error('cut');
    }
    await expect(read(broken())).rejects.toThrow('cut');
  });
});
