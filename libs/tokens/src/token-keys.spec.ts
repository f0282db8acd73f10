import { createHmac, createPublicKey, createVerify, generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { generateSigningKey } from './signing-key-pair.js';
import { accessClaims, encode, SpecVerifier } from './token.suite.js';

let spec: SpecVerifier;

beforeEach(() => {
  spec = new SpecVerifier();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function unsigned(header: object, signature = ''): string {
  return `${encode(header)}.${encode(accessClaims)}.${signature}`;
}

describe('which key and which algorithm', () => {
  it('accepts what the trusted key has signed', () => {
    expect(spec.verify(spec.forge())).toEqual(accessClaims);
  });

  it.each(['none', 'None', 'NONE', ''])('A1 refuses alg %j without a signature', (alg) => {
    spec.expectRefused(unsigned({ ...spec.header, alg }));
    spec.expectRefused(unsigned({ alg }));
  });

  it.each(['pem', 'der', 'jwk'] as const)('A2 refuses HS256 keyed with the public key as %s', (form) => {
    const key = createPublicKey(spec.pair.privateKey);
    const secret =
      form === 'jwk'
        ? Buffer.from(JSON.stringify(key.export({ format: 'jwk' })))
        : Buffer.from(
            form === 'pem' ? key.export({ format: 'pem', type: 'spki' }) : key.export({ format: 'der', type: 'spki' }),
          );
    const signed = `${encode({ ...spec.header, alg: 'HS256' })}.${encode(accessClaims)}`;
    const mac = createHmac('sha256', secret).update(signed).digest('base64url');
    spec.expectRefused(`${signed}.${mac}`, /header/);
  });

  it.each(['RS256', 'ES384', 'PS256', 'es256', 'EdDSA', 'ES256K'])('A3 refuses alg %s', (alg) => {
    spec.expectRefused(spec.forge({ header: { ...spec.header, alg } }), /header/);
  });

  it('A4 refuses a key in the header, whoever signed', () => {
    const attacker = generateSigningKey();
    const header = { ...spec.header, jwk: attacker.publicJwk };
    spec.expectRefused(spec.forge({ header, key: attacker.privateKey }), /header/);
    spec.expectRefused(spec.forge({ header: { ...spec.header, jwk: spec.pair.publicJwk } }), /header/);
    spec.expectRefused(spec.forge({ key: attacker.privateKey }), /signature/);
  });

  it('A5 refuses a certificate chain in the header', () => {
    const attacker = generateSigningKey();
    for (const x5c of [['MIIBszCCAVmgAwIBAgIUself'], ['MIIBszCCleaf', 'MIIBszCCintermediate', 'MIIBszCCpublicroot']]) {
      spec.expectRefused(spec.forge({ header: { ...spec.header, x5c }, key: attacker.privateKey }), /header/);
      spec.expectRefused(spec.forge({ header: { ...spec.header, x5c } }), /header/);
    }
  });

  it.each(['jku', 'x5u'])('A6 refuses %s and fetches nothing', (name) => {
    const fetched = vi.fn();
    vi.stubGlobal('fetch', fetched);
    spec.expectRefused(spec.forge({ header: { ...spec.header, [name]: 'http://attacker.example/keys' } }), /header/);
    expect(fetched).not.toHaveBeenCalled();
  });

  it.each([
    '../../dev/null',
    "' OR 1=1--",
    '__proto__',
    'constructor',
    'x'.repeat(65_536),
    'kid\0',
    '',
    7,
    ['a'],
    null,
    undefined,
  ])('A7 refuses the kid %j', (kid) => {
    spec.expectRefused(spec.forge({ header: { ...spec.header, kid } }));
  });

  it('A8 looks an unknown kid up in its own copy only', () => {
    const fetched = vi.fn();
    vi.stubGlobal('fetch', fetched);
    for (let n = 0; n < 200; n += 1) {
      spec.expectRefused(spec.forge({ header: { ...spec.header, kid: `random-${n}` } }), /unknown key/);
    }
    expect(fetched).not.toHaveBeenCalled();
    expect(spec.asked).toHaveLength(200);
  });

  it('A9 refuses a token under a key that is gone, and under a revoked one, remembered or not', () => {
    const token = spec.forge();
    spec.verify(token);
    const known = spec.keys.get(spec.pair.kid);
    spec.keys.delete(spec.pair.kid);
    spec.expectRefused(token, /unknown key/);
    if (known !== undefined) spec.keys.set(spec.pair.kid, { ...known, revoked: true });
    spec.expectRefused(token, /revoked key/);
    spec.expectRefused(spec.forge({ payload: { ...accessClaims, name: 'never seen' } }), /revoked key/);
  });

  it('A10 refuses EdDSA under the kid of a P-256 key, and an EdDSA signature called ES256', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    for (const alg of ['EdDSA', 'ES256']) {
      const signed = `${encode({ ...spec.header, alg })}.${encode(accessClaims)}`;
      const signature = sign(null, Buffer.from(signed), privateKey);
      spec.expectRefused(`${signed}.${signature.toString('base64url')}`);
    }
  });

  it('A11 refuses signatures of zeros and of the group order', () => {
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const zero = Buffer.alloc(32);
    for (const [r, s] of [
      [zero, zero],
      [order, order],
      [zero, order],
      [order, zero],
    ] as const) {
      spec.expectRefused(unsigned(spec.header, Buffer.concat([r, s]).toString('base64url')), /signature/);
    }
  });

  it('A12 refuses a signature in DER form', () => {
    const signed = `${encode(spec.header)}.${encode(accessClaims)}`;
    const der = sign('sha256', Buffer.from(signed), { key: spec.pair.privateKey, dsaEncoding: 'der' });
    expect(createVerify('sha256').update(signed).verify(createPublicKey(spec.pair.privateKey), der)).toBe(true);
    spec.expectRefused(`${signed}.${der.toString('base64url')}`, /64 bytes/);
  });

  it.each([{ crit: ['x'], x: 1 }, { crit: [] }, { b64: false, crit: ['b64'] }, { b64: false }, { zip: 'DEF' }])(
    'A13 refuses the header members %j',
    (members) => {
      spec.expectRefused(spec.forge({ header: { ...spec.header, ...members } }), /header/);
    },
  );

  it('refuses a changed payload, header or signature', () => {
    const [header = '', payload = '', signature = ''] = spec.forge().split('.');
    const flipped = (part: string) => (part.startsWith('A') ? `B${part.slice(1)}` : `A${part.slice(1)}`);
    spec.expectRefused(`${header}.${encode({ ...accessClaims, name: 'admin' })}.${signature}`, /signature/);
    spec.expectRefused(`${header}.${payload}.${flipped(signature)}`, /signature/);
    spec.expectRefused(`${flipped(header)}.${payload}.${signature}`);
  });

  it('refuses a second spelling of the same signature', () => {
    const token = spec.forge();
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    const spelled = token.slice(0, -1) + twin;
    expect(Buffer.from(spelled.split('.')[2] ?? '', 'base64url')).toEqual(
      Buffer.from(token.split('.')[2] ?? '', 'base64url'),
    );
    spec.expectRefused(spelled, /base64url/);
    spec.expectRefused(`${token}=`, /base64url/);
    spec.expectRefused(`${token}\n`);
    spec.expectRefused(` ${token}`);
  });
});
