import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { IssuerKeySet } from './issuer-key-set.js';
import { readSubjectToken } from './subject-token.js';

const issuer = 'https://issuer.example';
const audience = 'localhost:5000';
const nowMs = Date.UTC(2026, 0, 1);
const now = nowMs / 1000;

interface Made {
  readonly header?: object;
  readonly claims?: object;
  readonly kid?: string;
}

async function issuerWith(alg = 'ES256', kid = 'key-1') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid };
  const sign = ({ header = {}, claims = {} }: Made = {}) =>
    new SignJWT({ iss: issuer, sub: 'robot', aud: audience, iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey);
  return { jwk, sign, keys: keysOf([jwk]) };
}

const keysOf = (keys: readonly object[]) => IssuerKeySet.parse(JSON.stringify({ keys }));
const expected = { issuer, audience, nowMs };

describe('IssuerKeySet', () => {
  it.each(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])('verifies what an issuer signed with %s', async (alg) => {
    const { keys, sign } = await issuerWith(alg);
    expect(await keys.verify(await sign(), expected)).toMatchObject({
      kind: 'accepted',
      claims: { issuer, subject: 'robot', audience, expiresAtSeconds: now + 300 },
    });
  });

  it.each<[string, object]>([
    ['A14 of another issuer', { iss: 'https://issuer.example/' }],
    ['A14 of a list of issuers', { iss: [issuer] }],
    ['A15 for another audience', { aud: 'other:5000' }],
    ['A16 for two audiences, one of them right', { aud: [audience, 'other:5000'] }],
    ['A16 for a longer audience', { aud: `${audience}.evil` }],
    ['A16 for nobody', { aud: undefined }],
    ['A17 without an end', { exp: undefined }],
    ['A19 that has ended', { exp: now }],
    ['A19 that is not good yet', { nbf: now + 61 }],
    ['A19 of the future', { iat: now + 61 }],
    ['A20 without a beginning', { iat: undefined }],
    ['of nobody', { sub: undefined }],
  ])('refuses a token %s', async (_, claims) => {
    const { keys, sign } = await issuerWith();
    expect((await keys.verify(await sign({ claims }), expected)).kind).toBe('refused');
  });

  it('takes an audience in a list of one', async () => {
    const { keys, sign } = await issuerWith();
    expect((await keys.verify(await sign({ claims: { aud: [audience] } }), expected)).kind).toBe('accepted');
  });

  it('A1 refuses a token without a signature', async () => {
    const { keys, sign } = await issuerWith();
    const [, payload] = (await sign()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'key-1' })).toString('base64url');
    expect((await keys.verify(`${none}.${payload}.`, expected)).kind).toBe('refused');
  });

  it('A2 refuses a shared secret, made of the public key or listed by the issuer', async () => {
    const { keys, jwk } = await issuerWith('RS256');
    const secret = Buffer.from(JSON.stringify(jwk));
    const forged = await new SignJWT({ iss: issuer, sub: 'robot', aud: audience, iat: now, exp: now + 300 })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .sign(secret);
    expect((await keys.verify(forged, expected)).kind).toBe('refused');
    expect(() => keysOf([{ kty: 'oct', k: secret.toString('base64url'), kid: 'key-1' }])).toThrow('no usable key');
  });

  it('A3 uses a key with the algorithm that it names alone', async () => {
    const { jwk, sign } = await issuerWith('RS256');
    const other = keysOf([{ ...jwk, alg: 'PS256' }]);
    expect((await other.verify(await sign(), expected)).kind).not.toBe('accepted');
  });

  it('A4 A5 A6 takes no key from a header', async () => {
    const { keys } = await issuerWith();
    const attacker = await issuerWith();
    for (const header of [{ jwk: attacker.jwk }, { jku: 'https://evil.example' }, { x5u: 'https://evil.example' }]) {
      expect((await keys.verify(await attacker.sign({ header }), expected)).kind).toBe('refused');
    }
  });

  it('A7 says of a key that it does not have that it is unknown', async () => {
    const { keys } = await issuerWith();
    const other = await issuerWith('ES256', 'key-2');
    expect((await keys.verify(await other.sign(), expected)).kind).toBe('unknown-key');
    for (const kid of ['__proto__', 'constructor', '../../dev/null', '']) {
      const odd = await issuerWith('ES256', kid);
      expect((await keys.verify(await odd.sign(), expected)).kind).toBe('unknown-key');
    }
  });

  it('leaves out keys that cost too much or are for something else, and looks at a hundred at most', async () => {
    const { jwk, sign } = await issuerWith('RS256');
    const odd = [{ ...jwk, use: 'enc' }, { ...jwk, e: 'A'.repeat(300) }, { ...jwk, n: 'A'.repeat(5000) }, 7, null];
    for (const key of odd) expect(() => keysOf([key as object])).toThrow('no usable key');
    const many = Array.from({ length: 200 }, (_, at) => ({ ...jwk, kid: `key-${at}` }));
    expect((await keysOf(many).verify(await sign({ header: { kid: 'key-99' } }), expected)).kind).toBe('accepted');
    expect((await keysOf(many).verify(await sign({ header: { kid: 'key-100' } }), expected)).kind).toBe('unknown-key');
    for (const text of ['', 'null', '{}', '{"keys":{}}', '[]']) expect(() => IssuerKeySet.parse(text)).toThrow();
  });

  it('keeps nothing private that an issuer shows by mistake', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    expect(() => keysOf([{ kid: 'x' }])).toThrow();
    const shown = keysOf([{ ...(await exportJWK(privateKey)), kid: 'key-1' }]);
    expect(JSON.stringify(shown)).not.toContain('"d"');
  });
});

describe('readSubjectToken', () => {
  it('reads what a token says', async () => {
    const { sign } = await issuerWith();
    const claims = { 'kubernetes.io': { serviceaccount: { uid: 'u' } } };
    expect(readSubjectToken(await sign({ claims }))).toMatchObject({ issuer, subject: 'robot', audience, all: claims });
  });

  it('A23 refuses what says something else than who somebody is', async () => {
    const { sign } = await issuerWith();
    for (const typ of ['logout+jwt', 'berth-management+jwt', 'berth-refresh+jwt', 'dpop+jwt']) {
      const token = await sign({ header: { typ } });
      expect(() => readSubjectToken(token)).toThrow('not valid');
    }
  });

  it.each(['', '.', '..', 'a.b', 'a.b.c.d', 'e30.e30.x', 'W10.W10.'])('A26 refuses %j', (token) =>
    expect(() => readSubjectToken(token)).toThrow(expect.objectContaining({ code: 'invalid_token' })),
  );

  it('A27 refuses what is longer than any token', () => {
    expect(() => readSubjectToken('.'.repeat(1_000_000))).toThrow('not valid');
  });
});
