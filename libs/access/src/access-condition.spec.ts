import { describe, expect, it } from 'vitest';
import { parseAccessCondition, parseAddressRanges, unmetBy } from './access-condition.js';
import type { AccessConditionRecord, UseFacts } from './access-condition.js';
import type { Action } from './action.js';

const unmet = (record: AccessConditionRecord, facts: UseFacts, action: Action = 'content/write') =>
  unmetBy(parseAccessCondition(record), action, facts);

describe('a condition', () => {
  it('that says nothing binds nothing', () => {
    expect(unmet({}, {})).toBeNull();
  });

  it.each<[string, AccessConditionRecord, UseFacts, string | null]>([
    ['an exact tag', { tags: ['v1'] }, { tags: ['v1'] }, null],
    ['a tag that only starts alike', { tags: ['v1'] }, { tags: ['v10'] }, 'tags'],
    ['the start of a tag', { tags: ['v1*'] }, { tags: ['v10', 'v1'] }, null],
    ['one tag of two', { tags: ['v*'] }, { tags: ['v1', 'latest'] }, 'tags'],
    ['any tag', { tags: ['*'] }, { tags: ['latest'] }, null],
    ['tags in another case', { tags: ['v*'] }, { tags: ['V1'] }, 'tags'],
    ['unknown tags', { tags: ['*'] }, {}, 'tags'],
    ['an address within', { cidrs: ['192.168.0.0/16', '10.0.0.0/8'] }, { address: '10.255.0.1' }, null],
    ['an address outside', { cidrs: ['10.0.0.0/8'] }, { address: '11.0.0.1' }, 'network'],
    ['an address of the other family', { cidrs: ['10.0.0.0/8'] }, { address: '2001:db8::1' }, 'network'],
    ['no address at all', { cidrs: ['0.0.0.0/0'] }, { address: 'localhost' }, 'network'],
    ['an unknown address', { cidrs: ['0.0.0.0/0', '::/0'] }, {}, 'network'],
    ['the first instant', { notBefore: '2030-01-01T00:00:00Z' }, { atMs: Date.UTC(2030, 0, 1) }, null],
    ['the instant before', { notBefore: '2030-01-01T00:00:00Z' }, { atMs: Date.UTC(2030, 0, 1) - 1 }, 'time'],
    ['the last instant', { notAfter: '2030-01-01T00:00:00.500Z' }, { atMs: Date.UTC(2030, 0, 1) + 499 }, null],
    ['the end', { notAfter: '2030-01-01T00:00:00.500Z' }, { atMs: Date.UTC(2030, 0, 1) + 500 }, 'time'],
    ['an unknown time', { notAfter: '2030-01-01T00:00:00Z' }, {}, 'time'],
  ])('on %s', (_, record, facts, expected) => {
    expect(unmet(record, facts)).toBe(expected);
  });

  it.each<Action>(['content/read', 'metadata/read'])('on tags binds no %s', (action) => {
    expect(unmet({ tags: ['v1'] }, {}, action)).toBeNull();
  });

  it.each<Action>(['content/write', 'content/delete', 'metadata/write', 'signature/write'])(
    'on tags binds %s',
    (action) => {
      expect(unmet({ tags: ['v1'] }, { tags: ['x'] }, action)).toBe('tags');
    },
  );

  it('create-only binds only what would move a tag, and nothing that deletes', () => {
    const createOnly = { createOnly: true } as const;
    expect(unmet(createOnly, { movesTag: false })).toBeNull();
    expect(unmet(createOnly, { movesTag: true })).toBe('create-only');
    expect(unmet(createOnly, {})).toBe('create-only');
    expect(unmet(createOnly, { movesTag: true }, 'signature/write')).toBe('create-only');
    for (const action of ['content/read', 'content/delete', 'metadata/write'] as const) {
      expect(unmet(createOnly, { movesTag: true }, action)).toBeNull();
    }
  });

  it.each<[string, object]>([
    ['create-only that is false', { createOnly: false }],
    ['a key that nobody knows', { tag: ['v1'] }],
    ['an empty list of tags', { tags: [] }],
    ['an empty list of networks', { cidrs: [] }],
    ['a star inside a tag', { tags: ['v*1'] }],
    ['two stars', { tags: ['**'] }],
    ['an address without bits', { cidrs: ['10.0.0.1'] }],
    ['too many bits', { cidrs: ['10.0.0.0/33'] }],
    ['too many bits of v6', { cidrs: ['2001:db8::/129'] }],
    ['a name for a network', { cidrs: ['localhost/8'] }],
    ['a date without a time', { notBefore: '2030-01-01' }],
    ['a time in another zone', { notAfter: '2030-01-01T00:00:00+01:00' }],
    ['a day that does not exist', { notAfter: '2030-13-01T00:00:00Z' }],
  ])('refuses %s', (_, record) => {
    expect(() => parseAccessCondition(record)).toThrow(expect.objectContaining({ code: 'invalid_condition' }));
  });
});

describe('parseAddressRanges', () => {
  it('takes a v4 address in its v6 form for what it is', () => {
    const ranges = parseAddressRanges(['10.0.0.0/8']);

    expect([ranges.contains('::ffff:10.0.0.1'), ranges.contains('::FFFF:11.0.0.1')]).toEqual([true, false]);
  });
});
