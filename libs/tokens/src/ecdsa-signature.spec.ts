import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derSignature, rawSignature } from './ecdsa-signature.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('the two forms of an ECDSA signature', () => {
  it('are what OpenSSL makes of each other, over many signatures', () => {
    for (let n = 0; n < 500; n += 1) {
      const data = randomBytes(16);
      const der = sign('sha256', data, privateKey);
      const raw = rawSignature(der);
      expect(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
      expect(derSignature(raw)).toEqual(der);
      const other = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verify('sha256', data, publicKey, derSignature(other))).toBe(true);
    }
  });

  it('RFC 7518 3.4 come back from each other for any two numbers of 32 bytes', () => {
    const number = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc
        .tuple(fc.integer({ min: 1, max: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
        .map(([zeros, bytes]) => {
          return bytes.fill(0, 0, zeros);
        }),
    );
    fc.assert(
      fc.property(number, number, (r, s) => {
        const raw = Buffer.concat([r, s]);
        expect(rawSignature(derSignature(raw))).toEqual(raw);
      }),
    );
  });

  it.each(['', '30', '3006020101020101', '3046022100', `30440222${'ff'.repeat(66)}`])(
    'nothing else passes: %s',
    (hex) => {
      const der = Buffer.from(hex, 'hex');
      if (hex === '3006020101020101') expect(rawSignature(der).subarray(31, 33)).toEqual(Buffer.of(1, 0));
      else expect(() => rawSignature(der)).toThrow(expect.objectContaining({ kind: 'bug' }));
    },
  );
});
