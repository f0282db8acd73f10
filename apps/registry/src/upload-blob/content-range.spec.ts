import { describe, expect, it } from 'vitest';
import { parseContentRange } from './content-range.js';

describe('Content-Range of a chunk', () => {
  it('is read as the specification writes it, and with a unit', () => {
    expect(parseContentRange(undefined)).toBeNull();
    expect(parseContentRange('0-9')).toEqual({ start: 0, sizeBytes: 10 });
    expect(parseContentRange('bytes 10-10')).toEqual({ start: 10, sizeBytes: 1 });
  });

  it.each(['', '-', 'a-b', '0--1', '9-0', '0-18446744073709551615', 'bytes 0-9/10', '0-9, 10-19', '1e3-2e3', ' 0-9'])(
    'E6 %s is refused',
    (header) => {
      expect(() => parseContentRange(header)).toThrow('does not continue');
    },
  );
});
