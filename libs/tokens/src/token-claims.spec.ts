import { sign } from 'node:crypto';
import { tokenTypes } from '@berth/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { TokenSigner } from './token-signer.js';
import {
  accessClaims,
  encode,
  issuer,
  loginServer,
  managementClaims,
  nowSeconds,
  refusalOf,
  SpecVerifier,
  without,
} from './token.suite.js';

let spec: SpecVerifier;

beforeEach(() => {
  spec = new SpecVerifier();
});

const refuse = (changed: object, why?: RegExp) =>
  spec.expectRefused(spec.forge({ payload: { ...accessClaims, ...changed } }), why);

describe('issuer and audience', () => {
  it.each([
    'https://idp.example.evil',
    `${issuer}/`,
    issuer.toUpperCase(),
    [issuer],
    issuer.slice(0, -1),
    `${issuer}.evil`,
    '',
  ])('A14 refuses the issuer %j', (iss) => refuse({ iss }));

  it('A15 refuses a token of another registry of the same issuer, also when it is remembered', () => {
    const token = spec.forge({ payload: { ...accessClaims, aud: 'other.example.com' } });
    expect(spec.verifier.verifyAccess(token, 'other.example.com').aud).toBe('other.example.com');
    spec.expectRefused(token, /audience/);
    expect(refusalOf(() => spec.verifier.verifyAccess(token, (aud) => aud === loginServer))).not.toBeNull();
  });

  it.each([
    [[loginServer, 'b']],
    [[loginServer]],
    [`${loginServer}.evil`],
    ['registry'],
    [loginServer.toUpperCase()],
    [null],
    [''],
  ])('A16 refuses the audience %j', (aud) => refuse({ aud }));

  it('A16 refuses a token without an audience', () => {
    spec.expectRefused(spec.forge({ payload: without(accessClaims, 'aud') }), /claims/);
  });
});

describe('times', () => {
  it('A17 refuses a token without exp', () => {
    spec.expectRefused(spec.forge({ payload: without(accessClaims, 'exp') }), /claims/);
  });

  it('A18 refuses the year 9999, and a life of more than an hour', () => {
    refuse({ exp: 253_402_300_799 }, /life/);
    refuse({ exp: nowSeconds + 3601 }, /life/);
    refuse({ nbf: nowSeconds - 10, exp: nowSeconds + 3595 }, /life/);
    refuse({ exp: nowSeconds }, /life/);
    refuse({ exp: nowSeconds - 1 }, /life/);
    expect(spec.verify(spec.forge({ payload: { ...accessClaims, exp: nowSeconds + 3600 } })).exp).toBe(
      nowSeconds + 3600,
    );
  });

  it('A19 allows 60 s of clock difference and not one more', () => {
    const token = spec.forge();
    spec.now = nowSeconds + 300 + 59;
    expect(spec.verify(token)).toEqual(accessClaims);
    spec.now = nowSeconds + 300 + 60;
    spec.expectRefused(token, /expired/);
    spec.now = nowSeconds - 60;
    expect(spec.verify(token)).toEqual(accessClaims);
    spec.now = nowSeconds - 61;
    spec.expectRefused(token, /future/);
    spec.now = nowSeconds;
    refuse({ iat: nowSeconds + 61, nbf: nowSeconds }, /future/);
    refuse({ nbf: nowSeconds + 61 }, /future/);
  });

  it('A19 accepts an expired token of an upload that goes on until an hour after its issue, and nothing else of it', () => {
    const token = spec.forge();
    const lapsed = (compact: string) => spec.verifier.verifyLapsedAccess(compact, loginServer);
    for (const now of [nowSeconds, nowSeconds + 300, nowSeconds + 3599]) {
      spec.now = now;
      expect(lapsed(token)).toEqual(accessClaims);
    }
    spec.expectRefused(token, /expired/);
    spec.now = nowSeconds + 3600;
    expect(refusalOf(() => lapsed(token))).not.toBeNull();
    spec.now = nowSeconds - 61;
    expect(refusalOf(() => lapsed(token))).not.toBeNull();
    spec.now = nowSeconds + 1000;
    for (const changed of [{ aud: 'other.example.com' }, { iss: `${issuer}/` }, { exp: nowSeconds + 3601 }]) {
      const forged = spec.forge({ payload: { ...accessClaims, ...changed } });
      expect([changed, refusalOf(() => lapsed(forged))]).not.toEqual([changed, null]);
    }
    const management = new TokenSigner(spec.pair).sign('management', managementClaims);
    expect(refusalOf(() => lapsed(management))).not.toBeNull();
    expect(refusalOf(() => lapsed(`${token.slice(0, -8)}AAAAAAAA`))).not.toBeNull();
  });

  it.each([
    { exp: '1e9' },
    { exp: -1 },
    { nbf: {} },
    { iat: nowSeconds + 0.5 },
    { exp: null },
    { exp: true },
    { iat: 0 },
  ])('A19 refuses %j', (times) => refuse(times));

  it('A19 refuses a number that no double can hold', () => {
    const payload = JSON.stringify(accessClaims).replace(/"exp":\d+/, '"exp":1e400');
    spec.expectRefused(spec.forge({ payload }), /form/);
  });

  it.each(['iat', 'nbf', 'iss', 'sub', 'jti', 'acct', 'rid', 'ver', 'access', 'name'] as const)(
    'A20 refuses a token without %s',
    (name) => spec.expectRefused(spec.forge({ payload: without(accessClaims, name) }), /claims/),
  );
});

describe('kinds of tokens', () => {
  it.each([
    'JWT',
    'jwt',
    'rt+jwt',
    'id+jwt',
    'session+jwt',
    'webhook+jwt',
    'AT+JWT',
    'application/at+jwt',
    '',
    undefined,
  ])('A23 refuses the typ %j at the data plane', (typ) =>
    spec.expectRefused(spec.forge({ header: { ...spec.header, typ } })),
  );

  it('A23 refuses a management token at the data plane, and an access token at the management API', () => {
    const signer = new TokenSigner(spec.pair);
    const management = signer.sign('management', managementClaims);
    expect(spec.verifier.verifyManagement(management)).toEqual(managementClaims);
    spec.expectRefused(management, /access token/);
    const access = signer.sign('access', accessClaims);
    expect(refusalOf(() => spec.verifier.verifyManagement(access))).toMatchObject({ code: 'invalid_token' });
  });

  it('A23 refuses the claims of one kind under the typ of the other', () => {
    const header = { ...spec.header, typ: tokenTypes.management };
    expect(refusalOf(() => spec.verifier.verifyManagement(spec.forge({ header })))).toMatchObject({
      code: 'invalid_token',
    });
    spec.expectRefused(spec.forge({ payload: managementClaims }), /claims/);
  });

  it('refuses a management token for another audience', () => {
    const header = { ...spec.header, typ: tokenTypes.management };
    const token = spec.forge({ header, payload: { ...managementClaims, aud: loginServer } });
    expect(refusalOf(() => spec.verifier.verifyManagement(token))).toMatchObject({ code: 'invalid_token' });
  });
});

describe('the access claim and the whole payload', () => {
  const entry = { type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 };

  it.each([
    null,
    {},
    'repository:team/app:pull',
    [null],
    [without(entry as { actions: string[] }, 'actions')],
    [{ ...entry, name: 7 }],
    [{ ...entry, type: 'registry' }],
    [{ ...entry, inc: -1 }],
    [{ ...entry, more: true }],
  ])('A25 refuses access %j', (access) => refuse({ access }, /claims/));

  it('A25 refuses 100,000 entries and a name of 1 MB in less than 50 ms', () => {
    const many = spec.forge({ payload: { ...accessClaims, access: Array.from({ length: 100_000 }, () => entry) } });
    const long = spec.forge({ payload: { ...accessClaims, access: [{ ...entry, name: 'a'.repeat(1_000_000) }] } });
    const startedMs = performance.now();
    spec.expectRefused(many, /longer/);
    spec.expectRefused(long, /longer/);
    expect(performance.now() - startedMs).toBeLessThan(50);
    expect(spec.asked).toEqual([]);
  });

  it('A25 refuses a claim that is there twice', () => {
    const all = [{ ...entry, name: 'victim/app', actions: ['pull', 'push', 'delete'] }];
    const payload = JSON.stringify(accessClaims).replace(/}$/, `,"access":${JSON.stringify(all)}}`);
    expect(JSON.parse(payload)).toMatchObject({ access: all });
    spec.expectRefused(spec.forge({ payload }), /form/);
  });

  it('refuses claims that are not in the contract, a ver of 17, and prototype keys', () => {
    refuse({ admin: true }, /claims/);
    refuse({ ver: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`scope-map:${n}`, 1])) }, /claims/);
    refuse({ ver: { 'token:a': 0 } }, /claims/);
    const payload = JSON.stringify(accessClaims).replace(/}$/, ',"__proto__":{"admin":true}}');
    spec.expectRefused(spec.forge({ payload }), /claims/);
  });

  it.each(['', 'null', '[]', '"x"', '{', '{}'])('refuses the payload %j', (payload) => {
    spec.expectRefused(spec.forge({ payload }));
  });

  it('refuses a payload that is not UTF-8, although it is signed', () => {
    const [before = '', after = ''] = JSON.stringify({ ...accessClaims, name: '|' }).split('|');
    const payload = Buffer.concat([Buffer.from(before), Buffer.of(0xff, 0xfe), Buffer.from(after)]);
    const signed = `${encode(spec.header)}.${payload.toString('base64url')}`;
    const signature = sign('sha256', Buffer.from(signed), { key: spec.pair.privateKey, dsaEncoding: 'ieee-p1363' });
    spec.expectRefused(`${signed}.${signature.toString('base64url')}`, /UTF-8/);
  });
});

describe('forms of a token', () => {
  it('A26 refuses JWE, JSON serialisation and several signatures', () => {
    const [header = '', payload = '', signature = ''] = spec.forge().split('.');
    spec.expectRefused(`${header}.${payload}.${signature}.${signature}.${signature}`, /three parts/);
    spec.expectRefused(`${header}.${payload}.${signature}.${signature}`, /three parts/);
    spec.expectRefused(JSON.stringify({ protected: header, payload, signature }));
    spec.expectRefused(JSON.stringify({ payload, signatures: [{ protected: header, signature }] }));
    spec.expectRefused(`${header}..${signature}`);
  });

  it.each(['', '.', '..', '...', 'a', 'a.b', 'a.b.c', 'é.é.é', '\0.\0.\0'])('A26 refuses %j', (token) => {
    spec.expectRefused(token);
  });

  it('A27 refuses a million dots and a megabyte in less than 50 ms', () => {
    const startedMs = performance.now();
    spec.expectRefused('.'.repeat(1_000_000), /longer/);
    spec.expectRefused('a'.repeat(1_000_000), /longer/);
    spec.expectRefused('.'.repeat(16_384), /three parts/);
    spec.expectRefused(`${encode(spec.header)}.${'A'.repeat(16_000)}.AA`);
    expect(performance.now() - startedMs).toBeLessThan(50);
  });
});
