import { describe, expect, it } from 'vitest';
import { parseBasic } from './basic-credentials.js';

const header = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('parseBasic', () => {
  it('splits at the first colon, so that a password may hold colons', () => {
    expect(parseBasic(header('ada:a:b'))).toEqual({ username: 'ada', password: 'a:b' });
  });

  it('accepts the scheme in any case', () => {
    expect(parseBasic(header('ada:x').replace('Basic', 'bAsIc'))).toEqual({ username: 'ada', password: 'x' });
  });

  it('reads UTF-8', () => {
    expect(parseBasic(header('zoë:pässwörd'))).toEqual({ username: 'zoë', password: 'pässwörd' });
  });

  it.each([
    ['another scheme', 'Bearer abc'],
    ['no base64', 'Basic a*b'],
    ['bytes that are no UTF-8', header(Buffer.from([0xff, 0x3a, 0x61]))],
    ['no colon', header('ada')],
    ['an empty user name', header(':secret')],
    ['a control character', header('ada\n:secret')],
    ['a NUL in the password', header('ada:sec\0ret')],
    ['a user name of 301 characters', header(`${'a'.repeat(301)}:x`)],
    ['a header of 5,000 characters', header(`ada:${'x'.repeat(5000)}`)],
    ['nothing behind the scheme', 'Basic '],
  ])('refuses %s', (_what, value) => {
    expect(parseBasic(value)).toBeNull();
  });
});
