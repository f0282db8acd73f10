import type { SubjectClaims } from '@berth/tokens';
import { describe, expect, it } from 'vitest';
import { admits, fingerprintOf, type FederationRule } from './federation.js';

const loginServer = 'localhost:5000';
const rule: FederationRule = { issuer: 'https://a.example', audience: null, subject: 'robot', claim: null };

const claims = (all: Record<string, unknown> = {}, more: Partial<SubjectClaims> = {}): SubjectClaims => ({
  issuer: 'https://a.example',
  subject: 'robot',
  audience: loginServer,
  expiresAtSeconds: 1,
  all,
  ...more,
});

describe('admits', () => {
  it('takes exactly the issuer, the audience and the subject', () => {
    expect(admits(rule, claims(), loginServer)).toBe(true);
    expect(admits({ ...rule, audience: loginServer }, claims(), loginServer)).toBe(true);
    for (const more of [
      { issuer: 'https://a.example/' },
      { issuer: 'HTTPS://a.example' },
      { audience: 'localhost:5001' },
      { subject: 'robot2' },
      { subject: 'Robot' },
      { subject: 'robo' },
    ]) {
      expect(admits(rule, claims({}, more), loginServer)).toBe(false);
    }
  });

  it('lets nobody in at another login server than its own, whatever the token says', () => {
    expect(admits(rule, claims(), 'other:5000')).toBe(false);
    expect(admits({ ...rule, audience: 'other:5000' }, claims(), loginServer)).toBe(false);
  });

  it('asks for a claim by its name, or by a pointer to it', () => {
    const byId = { ...rule, subject: null, claim: { name: 'repository_id', value: '42' } };
    expect(admits(byId, claims({ repository_id: '42' }), loginServer)).toBe(true);
    expect(admits(byId, claims({ repository_id: 42 }), loginServer)).toBe(true);
    for (const value of ['43', '042', ' 42', 42.5, true, null, ['42'], { 42: '42' }]) {
      expect(admits(byId, claims({ repository_id: value }), loginServer)).toBe(false);
    }
    const name = '/kubernetes.io/serviceaccount/uid';
    const nested = { ...rule, subject: null, claim: { name, value: 'u' } };
    expect(admits(nested, claims({ 'kubernetes.io': { serviceaccount: { uid: 'u' } } }), loginServer)).toBe(true);
    expect(admits(nested, claims({ 'kubernetes.io': { serviceaccount: 'u' } }), loginServer)).toBe(false);
    expect(admits(nested, claims({ [name]: 'u' }), loginServer)).toBe(false);
    const slashed = { ...rule, subject: null, claim: { name: '/a~1b/c~0d', value: 'u' } };
    expect(admits(slashed, claims({ 'a/b': { 'c~d': 'u' } }), loginServer)).toBe(true);
  });

  it('A7 finds nothing that a token did not say itself', () => {
    for (const name of ['__proto__', 'constructor', 'toString', '/constructor/name', '/__proto__/x']) {
      const odd = { ...rule, subject: null, claim: { name, value: 'Object' } };
      expect(admits(odd, claims(), loginServer)).toBe(false);
    }
  });

  it('asks for subject and claim where both are named, and never for nothing', () => {
    const both = { ...rule, claim: { name: 'ref', value: 'main' } };
    expect(admits(both, claims({ ref: 'main' }), loginServer)).toBe(true);
    expect(admits(both, claims({ ref: 'other' }), loginServer)).toBe(false);
    expect(admits(both, claims({ ref: 'main' }, { subject: 'other' }), loginServer)).toBe(false);
    expect(admits({ ...rule, subject: null }, claims(), loginServer)).toBe(false);
  });
});

describe('fingerprintOf', () => {
  it('differs in each part', () => {
    const rules: FederationRule[] = [
      rule,
      { ...rule, issuer: 'https://b.example' },
      { ...rule, audience: loginServer },
      { ...rule, subject: null, claim: { name: 'robot', value: '' } },
      { ...rule, claim: { name: 'a', value: 'bc' } },
      { ...rule, claim: { name: 'ab', value: 'c' } },
    ];
    expect(new Set(rules.map((each) => fingerprintOf(each).toString('hex'))).size).toBe(rules.length);
  });
});
