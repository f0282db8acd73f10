import { describe, expect, it } from 'vitest';
import { KeyedIndex } from './keyed-index.js';

interface Thing {
  readonly id: string;
  readonly key: string;
}

const thing = (id: string, key = 'k'): Thing => ({ id, key });
const make = () => new KeyedIndex<Thing>(({ key }) => key);

describe('an index by a shared key', () => {
  it('gives each group in the order in which its things came, without what was removed', () => {
    const index = make();
    for (const each of [thing('a'), thing('b'), thing('c', 'other'), thing('d')]) index.add(each);
    index.remove('b');
    index.remove('nobody');
    expect(index.of('k').map(({ id }) => id)).toEqual(['a', 'd']);
    expect(index.of('other').map(({ id }) => id)).toEqual(['c']);
    expect([index.of('none'), index.get('b'), index.get('a')?.id]).toEqual([[], null, 'a']);
  });

  it('never changes an array that it has given, and gives the same one until something changes', () => {
    const index = make();
    index.add(thing('a'));
    const before = index.of('k');
    expect(index.of('k')).toBe(before);
    index.add(thing('b'));
    index.remove('a');
    expect(before.map(({ id }) => id)).toEqual(['a']);
    expect(index.of('k').map(({ id }) => id)).toEqual(['b']);
  });

  it('takes in a hundred thousand things of one key in one go', () => {
    const index = make();
    for (let n = 0; n < 100_000; n += 1) index.add(thing(String(n)));
    expect(index.of('k')).toHaveLength(100_000);
  });
});
