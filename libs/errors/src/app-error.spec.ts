import { describe, expect, it } from 'vitest';
import { AppError, isAppError } from './app-error.js';
import { assertNever } from './assert-never.js';
import { errorMessage } from './error-message.js';

describe('AppError', () => {
  it('carries what it was made from', () => {
    const cause = new Error('below');
    const detail = { name: 'ci-push' };
    const error = new AppError({
      kind: 'unavailable',
      message: 'no answer',
      code: 'owner-silent',
      detail,
      retryAfterSeconds: 3,
      cause,
    });

    expect(error).toMatchObject({ kind: 'unavailable', message: 'no answer', code: 'owner-silent', detail, cause });
    expect(error.retryAfterSeconds).toBe(3);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('AppError');
  });

  it('has no field that was not given', () => {
    const error = new AppError({ kind: 'bug', message: 'x', code: undefined, detail: undefined });

    expect(Object.keys(error).sort()).toEqual(['kind', 'name']);
    expect('cause' in error).toBe(false);
  });

  it('is told apart from other errors', () => {
    expect(isAppError(new AppError({ kind: 'denied', message: 'no' }))).toBe(true);
    expect(isAppError(new Error('no'))).toBe(false);
    expect(isAppError({ kind: 'denied', message: 'no' })).toBe(false);
    expect(isAppError(undefined)).toBe(false);
  });
});

describe('errorMessage', () => {
  const nullPrototype: unknown = Object.create(null);
  const selfContaining = new AggregateError([], '');
  selfContaining.errors.push(selfContaining);

  it.each<[string, unknown, string]>([
    ['an error', new Error('boom'), 'boom'],
    ['an error without a message', new TypeError(), 'TypeError'],
    ['a string', 'boom', 'boom'],
    ['undefined', undefined, 'thrown undefined'],
    ['null', null, 'thrown null'],
    ['a number', 7, 'thrown 7'],
    ['a symbol', Symbol('x'), 'thrown Symbol(x)'],
    ['an object without a prototype', nullPrototype, 'a thrown object that is no Error'],
    [
      "a refused connection's aggregate",
      new AggregateError([new Error('connect ECONNREFUSED ::1'), new Error('connect ECONNREFUSED 127.0.0.1')]),
      'connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1',
    ],
    ['an aggregate with a message', new AggregateError([new Error('inner')], 'all failed'), 'all failed'],
    ['an aggregate that contains itself', selfContaining, 'AggregateError'],
  ])('describes %s', (_, thrown, expected) => {
    expect(errorMessage(thrown)).toBe(expected);
  });
});

describe('assertNever', () => {
  it('throws a bug when a value slips through the types', () => {
    const parsed: unknown = JSON.parse('"new-kind"');

    expect(() => assertNever(parsed as never)).toThrow(expect.objectContaining({ kind: 'bug' }));
  });
});
