import { beforeEach, describe, expect, it, vi } from 'vitest';
import { generateSigningKey, publicKeyOf } from './signing-key-pair.js';
import { accessClaims, nowSeconds, SpecVerifier } from './token.suite.js';

const verifySpy = vi.hoisted(() => vi.fn());
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  verifySpy.mockImplementation(original.verify);
  return { ...original, verify: verifySpy };
});

let spec: SpecVerifier;

beforeEach(() => {
  spec = new SpecVerifier();
  verifySpy.mockClear();
});

describe('what a verifier remembers', () => {
  it('verifies a token once and answers the same claims afterwards', () => {
    const token = spec.forge();
    const first = spec.verify(token);
    expect(spec.verify(token)).toBe(first);
    expect(verifySpy).toHaveBeenCalledTimes(1);
  });

  it('still refuses a remembered token once it has expired', () => {
    const token = spec.forge();
    spec.verify(token);
    spec.now = nowSeconds + 400;
    spec.expectRefused(token, /expired/);
    expect(verifySpy).toHaveBeenCalledTimes(1);
  });

  it('does not take a token for a remembered one that differs in its last character only', () => {
    const token = spec.forge();
    spec.verify(token);
    spec.expectRefused(`${token.slice(0, -5)}AAAAA`);
  });

  it('verifies again when another key stands under the same kid', () => {
    const token = spec.forge();
    spec.verify(token);
    const other = generateSigningKey();
    spec.keys.set(spec.pair.kid, { publicKey: publicKeyOf(other.publicJwk), alg: 'ES256', revoked: false });
    spec.expectRefused(token, /signature/);
  });

  it('never remembers a refused token', () => {
    const token = spec.forge({ key: generateSigningKey().privateKey });
    spec.expectRefused(token);
    spec.expectRefused(token);
    expect(verifySpy).toHaveBeenCalledTimes(2);
  });

  it('forgets the oldest beyond its bound', () => {
    const token = spec.forge();
    spec.verify(token);
    for (let n = 0; n < 100; n += 1) spec.verify(spec.forge({ payload: { ...accessClaims, name: `device-${n}` } }));
    verifySpy.mockClear();
    spec.verify(token);
    expect(verifySpy).toHaveBeenCalledTimes(1);
  });
});
