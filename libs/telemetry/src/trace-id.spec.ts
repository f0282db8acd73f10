import { describe, expect, it } from 'vitest';
import { traceIdOf } from './trace-id.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('traceIdOf', () => {
  it.each([`00-${traceId}-00f067aa0ba902b7-01`, `01-${traceId}-00f067aa0ba902b7-00-more`])('W3C reads %s', (header) => {
    expect(traceIdOf(header)).toBe(traceId);
  });

  it.each([
    undefined,
    '',
    traceId,
    `ff-${traceId}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${traceId}-00f067aa0ba902b7`,
    `00-${traceId}-00f067aa0ba902b7-01${'x'.repeat(200)}`,
  ])('W3C refuses %s', (header) => expect(traceIdOf(header)).toBeUndefined());
});
