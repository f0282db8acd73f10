import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeCursor, encodeCursor, pageOf, pageQuery, toPage } from './page.js';

const query = z.strictObject(pageQuery);

describe('lists in pages', () => {
  it('have 100 items unless 1 to 1,000 are asked for', () => {
    expect(query.parse({})).toEqual({ limit: 100 });
    expect(query.parse({ limit: '1000', after: 'x' })).toEqual({ limit: 1000, after: 'x' });
  });

  it.each(['0', '1001', '-1', '1.5', 'x', '', '2147483648', ['1', '2']])('refuse the limit %j', (limit) => {
    expect(query.safeParse({ limit }).success).toBe(false);
  });

  it('end without a next one', () => {
    expect(toPage(['a', 'b'], 2, (item) => item)).toEqual({ items: ['a', 'b'], next: null });
    expect(toPage([], 2, (item: string) => item)).toEqual({ items: [], next: null });
  });

  it('go on after the last item that was given', () => {
    const page = toPage(['a', 'b/é', 'c'], 2, (item) => item);
    expect(page.items).toEqual(['a', 'b/é']);
    expect(decodeCursor(page.next ?? '')).toBe('b/é');
    expect(pageOf(z.string()).parse(page)).toEqual(page);
  });

  it.each(['', '!', 'a', encodeCursor('a\0b'), `${encodeCursor('x')}=`, ` ${encodeCursor('x')}`])(
    'refuse the cursor %j',
    (cursor) => {
      expect(() => decodeCursor(cursor)).toThrow(
        expect.objectContaining({ kind: 'malformed', code: 'malformed-cursor' }),
      );
    },
  );
});
