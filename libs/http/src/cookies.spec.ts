import { describe, expect, it } from 'vitest';
import { dropCookie, readCookie, sessionCookie, setCookie } from './cookies.js';

describe('readCookie', () => {
  it.each([
    ['__Host-berth=abc-_9', 'abc-_9'],
    ['a=b; __Host-berth=abc;c=d', 'abc'],
    ['__Host-berth-login=x; __Host-berth=abc', 'abc'],
  ])('finds the one in %j', (header, value) => expect(readCookie(header, sessionCookie)).toBe(value));

  it.each([
    undefined,
    '',
    'berth=abc',
    '__host-berth=abc',
    'x__Host-berth=abc',
    '__Host-berth=',
    '__Host-berth=a b',
    '__Host-berth="abc"',
    '__Host-berth=a%0d%0ab',
    '__Host-berth=abc; __Host-berth=def',
    `${'a=b; '.repeat(2000)}__Host-berth=abc`,
  ])('finds none in %.40s', (header) => expect(readCookie(header, sessionCookie)).toBeNull());
});

describe('setCookie', () => {
  it('binds a cookie to this host, to TLS and to the browser', () => {
    expect(setCookie(sessionCookie, 'abc', 60)).toBe(
      '__Host-berth=abc; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict',
    );
    expect(dropCookie(sessionCookie)).toContain('Max-Age=0;');
  });
});
