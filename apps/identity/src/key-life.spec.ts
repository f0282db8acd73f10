import { describe, expect, it } from 'vitest';
import { dueChanges, retiredLifeMs } from './key-life.js';
import type { StoredSigningKey } from './signing-key.js';

const now = 1_800_000_000_000;
const minute = 60_000;

function key(kid: string, status: StoredSigningKey['status'], times: { signsFrom: number; changed?: number }) {
  const { signsFrom, changed = signsFrom } = times;
  return {
    kid,
    alg: 'ES256' as const,
    publicJwk: { kty: 'EC' as const, crv: 'P-256' as const, x: '', y: '' },
    status,
    version: 1,
    changedAt: new Date(changed).toISOString(),
    privateKeySealed: null,
    signsFromMs: signsFrom,
  };
}

const kidsOf = (keys: readonly StoredSigningKey[], maxAgeMs = 0) => {
  const { toRetire, toEnd, isRotationDue } = dueChanges(keys, { nowMs: now, maxAgeMs });
  return { toRetire: toRetire.map(({ kid }) => kid), toEnd: toEnd.map(({ kid }) => kid), isRotationDue };
};
const nothing = { toRetire: [], toEnd: [], isRotationDue: false };

describe('dueChanges', () => {
  it('leaves the only key alone, however old, where keys do not get too old', () => {
    expect(kidsOf([key('a', 'active', { signsFrom: 0 })])).toEqual(nothing);
    expect(kidsOf([])).toEqual(nothing);
  });

  it('retires a key a minute after the next began to sign, and no sooner', () => {
    const old = key('old', 'active', { signsFrom: now - 100 * minute });
    expect(kidsOf([old, key('new', 'active', { signsFrom: now + 1 })])).toEqual(nothing);
    expect(kidsOf([old, key('new', 'active', { signsFrom: now - minute + 1 })])).toEqual(nothing);
    expect(kidsOf([old, key('new', 'active', { signsFrom: now - minute })]).toRetire).toEqual(['old']);
  });

  it('A9 ends a retired key when the last token that it can have signed is dead, and no sooner', () => {
    const signing = key('new', 'active', { signsFrom: now - 1000 * minute });
    const retired = (changed: number) => key('old', 'retired', { signsFrom: 0, changed });
    expect(kidsOf([signing, retired(now - retiredLifeMs + 1)])).toEqual(nothing);
    expect(kidsOf([signing, retired(now - retiredLifeMs)]).toEnd).toEqual(['old']);
    expect(retiredLifeMs).toBeGreaterThanOrEqual((3600 + 60) * 1000);
  });

  it('makes the next key when the newest is old, once', () => {
    const old = key('old', 'active', { signsFrom: now - 90 * minute });
    expect(kidsOf([old], 90 * minute).isRotationDue).toBe(true);
    expect(kidsOf([old], 91 * minute).isRotationDue).toBe(false);
    expect(kidsOf([old, key('new', 'active', { signsFrom: now + minute })], 90 * minute).isRotationDue).toBe(false);
  });
});
