import type { SigningKey } from '@berth/contracts';
import { generateSigningKey, type SigningKeyPair } from '@berth/tokens';
import { beforeEach, describe, expect, it } from 'vitest';
import { AccessState } from './access-state.js';
import { minimumOf } from './state-copy.suite.js';

const startMs = Date.parse('2026-11-21T12:00:00Z');
const startSeconds = startMs / 1000;
const hourMs = 3_600_000;
let nowMs: number;
let state: AccessState;

beforeEach(() => {
  nowMs = startMs;
  state = new AccessState(() => nowMs);
});

function keyRecord({ kid, publicJwk }: SigningKeyPair, version: number, status: SigningKey['status']): SigningKey {
  return { kid, alg: 'ES256', publicJwk, version, status, changedAt: '2026-11-01T00:00:00.000Z' };
}

describe('minima', () => {
  const ver = { 'token:a': 3, 'slot:a/1': 1, 'scope-map:m': 7 };

  it('refuse a token that names one of its subjects with a lower version, and say which', () => {
    expect(state.refusedBy(ver, startSeconds)).toBeNull();
    state.applyMinimum(minimumOf('scope-map:m', 8, nowMs));
    expect(state.refusedBy(ver, startSeconds)).toBe('scope-map:m');
    expect(state.refusedBy({ ...ver, 'scope-map:m': 8 }, startSeconds)).toBeNull();
    expect(state.refusedBy({ ...ver, 'scope-map:m': 9 }, startSeconds)).toBeNull();
  });

  it('of other subjects change nothing', () => {
    state.applyMinimum(minimumOf('token:b', 100, nowMs));
    state.applyMinimum(minimumOf('slot:a/2', 100, nowMs));
    state.applyMinimum(minimumOf('toString', 100, nowMs));
    expect(state.refusedBy(ver, startSeconds)).toBeNull();
    expect(state.refusedBy({}, startSeconds)).toBeNull();
  });

  it('only rise, in whatever order they come', () => {
    for (const version of [5, 9, 2, 9, 7]) state.applyMinimum(minimumOf('token:a', version, nowMs));
    expect(state.refusedBy({ 'token:a': 8 }, startSeconds)).toBe('token:a');
    expect(state.refusedBy({ 'token:a': 9 }, startSeconds)).toBeNull();
  });

  it('are held as long as a token they refuse can be accepted, and then forgotten', () => {
    state.applyMinimum(minimumOf('token:a', 4, nowMs));
    nowMs += hourMs + 119_999;
    expect(state.refusedBy(ver, startSeconds)).toBe('token:a');
    nowMs += 1;
    expect(state.refusedBy(ver, startSeconds)).toBeNull();
    expect(state.size).toBe(0);
  });

  it('that are older than any token are not taken in at all', () => {
    state.applyMinimum(minimumOf('token:a', 4, nowMs - hourMs - 120_000));
    expect(state.size).toBe(0);
    state.applyMinimum(minimumOf('token:a', 4, nowMs - hourMs));
    expect(state.refusedBy(ver, startSeconds)).toBe('token:a');
  });

  it('stay when one of the same subject is forgotten earlier', () => {
    state.applyMinimum(minimumOf('token:a', 4, nowMs));
    state.applyMinimum(minimumOf('token:a', 2, nowMs - hourMs));
    nowMs += 200_000;
    expect(state.refusedBy(ver, startSeconds)).toBe('token:a');
  });

  it('leave memory a few at a time, so that a million of them never stops the pulls', () => {
    for (let n = 0; n < 10_000; n += 1) state.applyMinimum(minimumOf(`token:${n}`, 2, nowMs));
    nowMs += 2 * hourMs;
    expect(state.refusedBy({ 'token:9999': 1 }, startSeconds)).toBeNull();
    expect(state.size).toBe(10_000 - 8);
    for (let n = 0; n < 1_250; n += 1) state.refusedBy(ver, startSeconds);
    expect(state.size).toBe(0);
  });
});

describe('a minimum that could not be read', () => {
  it('refuses the tokens of its subject that were issued before it, whatever they name', () => {
    state.refuseIssuedBefore('token:a', startMs + 500);
    expect(state.refusedBy({ 'token:a': 999 }, startSeconds)).toBe('token:a');
    expect(state.refusedBy({ 'token:a': 999 }, startSeconds + 1)).toBeNull();
    expect(state.refusedBy({ 'token:b': 1 }, startSeconds - 3000)).toBeNull();
  });

  it('is joined with the minima of its subject', () => {
    state.refuseIssuedBefore('token:a', startMs);
    state.applyMinimum(minimumOf('token:a', 5, nowMs));
    expect(state.refusedBy({ 'token:a': 4 }, startSeconds + 10)).toBe('token:a');
    expect(state.refusedBy({ 'token:a': 5 }, startSeconds - 10)).toBe('token:a');
    expect(state.refusedBy({ 'token:a': 5 }, startSeconds)).toBeNull();
  });

  it('is forgotten as a minimum is', () => {
    state.refuseIssuedBefore('token:a', startMs);
    nowMs += hourMs + 120_000;
    expect(state.refusedBy({ 'token:a': 1 }, startSeconds - 10)).toBeNull();
    expect(state.size).toBe(0);
  });
});

describe('public keys', () => {
  const pair = generateSigningKey();

  it('are found by kid, as the same object each time', () => {
    expect(state.keyOf(pair.kid)).toBeNull();
    expect(state).toMatchObject({ hasKey: false, hasActiveKey: false });
    state.applyKey(keyRecord(pair, 1, 'active'));
    const key = state.keyOf(pair.kid);
    expect(key).toMatchObject({ alg: 'ES256', revoked: false });
    expect(key?.publicKey.asymmetricKeyType).toBe('ec');
    expect(state.keyOf(pair.kid)).toBe(key);
    expect(state).toMatchObject({ hasKey: true, hasActiveKey: true });
  });

  it.each(['__proto__', 'constructor', 'toString', ''])('A7 know no key %j', (kid) => {
    state.applyKey(keyRecord(pair, 1, 'active'));
    expect(state.keyOf(kid)).toBeNull();
  });

  it('verify while retired, and no longer once revoked', () => {
    state.applyKey(keyRecord(pair, 1, 'active'));
    const { publicKey } = state.keyOf(pair.kid) ?? {};
    state.applyKey(keyRecord(pair, 2, 'retired'));
    expect(state.keyOf(pair.kid)).toMatchObject({ revoked: false });
    expect(state.keyOf(pair.kid)?.publicKey).toBe(publicKey);
    expect(state).toMatchObject({ hasKey: true, hasActiveKey: false });
    state.applyKey(keyRecord(pair, 3, 'revoked'));
    expect(state.keyOf(pair.kid)).toMatchObject({ revoked: true });
    expect(state).toMatchObject({ hasKey: false, hasActiveKey: false });
  });

  it('do not come back by an older record', () => {
    state.applyKey(keyRecord(pair, 3, 'revoked'));
    state.applyKey(keyRecord(pair, 2, 'active'));
    state.applyKey(keyRecord(pair, 3, 'active'));
    expect(state.keyOf(pair.kid)).toMatchObject({ revoked: true });
  });

  it('whose record cannot be read are not trusted until a newer one is', () => {
    state.applyKey(keyRecord(pair, 1, 'active'));
    state.distrustKey(pair.kid);
    state.distrustKey('unknown');
    expect(state.keyOf(pair.kid)).toMatchObject({ revoked: true });
    expect(state.hasKey).toBe(false);
    state.applyKey(keyRecord(pair, 1, 'active'));
    expect(state.keyOf(pair.kid)).toMatchObject({ revoked: true });
    state.applyKey(keyRecord(pair, 2, 'active'));
    expect(state.keyOf(pair.kid)).toMatchObject({ revoked: false });
  });
});
