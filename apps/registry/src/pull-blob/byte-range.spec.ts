import { describe, expect, it } from 'vitest';
import { parseRange } from './byte-range.js';

describe('Range of a blob of 100 bytes', () => {
  it.each([
    ['bytes=0-9', 0, 9],
    ['bytes=90-', 90, 99],
    ['bytes=99-99', 99, 99],
    ['bytes=50-1000', 50, 99],
    ['bytes=-10', 90, 99],
    ['bytes=-1000', 0, 99],
  ])('%s is a part', (header, start, end) => {
    expect(parseRange(header, 100)).toEqual({ kind: 'part', range: { start, end } });
  });

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=9-0'])('%s can not be satisfied', (header) => {
    expect(parseRange(header, 100)).toEqual({ kind: 'unsatisfiable' });
  });

  it.each([null, '', 'bytes=', 'bytes=-', 'bytes=0-1,5-6', 'lines=0-1', 'bytes=a-b', 'bytes=0-99999999999999999'])(
    '%s is ignored',
    (header) => {
      expect(parseRange(header, 100)).toEqual({ kind: 'whole' });
    },
  );

  it('nothing of an empty blob can be had', () => {
    expect(parseRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
    expect(parseRange('bytes=-5', 0)).toEqual({ kind: 'unsatisfiable' });
  });
});
