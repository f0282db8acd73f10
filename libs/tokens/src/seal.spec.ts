import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { open, seal } from './seal.js';

const masterKey = randomBytes(32);
const aad = 'signing_key/abc';
const plaintext = Buffer.from('a private key');

describe('sealed secrets', () => {
  const sealed = seal({ masterKey, aad, plaintext });

  it('open with their master key in their row', () => {
    expect(open({ masterKey, aad, sealed })).toEqual(plaintext);
    expect(open({ masterKey, aad, sealed: seal({ masterKey, aad, plaintext: Buffer.alloc(0) }) })).toHaveLength(0);
  });

  it('never look the same twice and do not show what they hold', () => {
    expect(seal({ masterKey, aad, plaintext }).equals(sealed)).toBe(false);
    expect(sealed.includes(plaintext)).toBe(false);
    expect(sealed.includes(masterKey)).toBe(false);
  });

  it('do not open in another row', () => {
    expect(() => open({ masterKey, aad: 'signing_key/abd', sealed })).toThrow(
      expect.objectContaining({ kind: 'bug', code: 'not-openable' }),
    );
  });

  it('say when the master key is another one', () => {
    expect(() => open({ masterKey: randomBytes(32), aad, sealed })).toThrow(
      expect.objectContaining({ kind: 'bug', code: 'other-master-key' }),
    );
  });

  it('do not open with any byte changed, missing or added', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => open({ masterKey, aad, sealed: changed }), `byte ${at}`).toThrow();
      expect(() => open({ masterKey, aad, sealed: sealed.subarray(0, at) }), `cut at ${at}`).toThrow();
    }
    expect(() => open({ masterKey, aad, sealed: Buffer.concat([sealed, Buffer.of(0)]) })).toThrow();
  });

  it('need a master key of 32 bytes', () => {
    expect(() => seal({ masterKey: Buffer.alloc(16), aad, plaintext })).toThrow('32 bytes');
    expect(() => open({ masterKey: Buffer.alloc(31), aad, sealed })).toThrow('32 bytes');
  });
});
