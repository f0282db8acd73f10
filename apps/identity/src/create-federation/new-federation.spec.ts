import { EgressAllow } from '@berth/http';
import { describe, expect, it } from 'vitest';
import type { KnownRegistries } from '../known-registries.js';
import type { Settings } from '../settings.js';
import { newFederation } from './new-federation.js';
import { TrustableIssuers } from './trustable-issuers.js';

const good = { name: 'ci', issuer: 'https://issuer.example', subject: 'repo:acme/app:ref:refs/heads/main' };
const id = '01900000-0000-7000-8000-000000000001';

describe('the body of POST /federations', () => {
  it.each<[string, object]>([
    ['a subject', {}],
    ['a claim', { subject: undefined, claim: { name: 'repository_id', value: '4711' } }],
    ['both, at a login server', { claim: { name: '/a~1b/c', value: 'x' }, audience: 'localhost:5000' }],
    ['a workload that is there', { principal: `workload:${id}` }],
  ])('takes a rule with %s', (_, part) => expect(newFederation.safeParse({ ...good, ...part }).success).toBe(true));

  it.each<[string, object]>([
    ['neither subject nor claim', { subject: undefined }],
    ['an empty subject', { subject: '' }],
    ['an e-mail address for an identity', { subject: undefined, claim: { name: 'email', value: 'a@b.c' } }],
    [
      'a name for an identity, by a pointer',
      { subject: undefined, claim: { name: '/preferred_username', value: 'a' } },
    ],
    ['the audience by the back door', { subject: undefined, claim: { name: 'aud', value: 'x' } }],
    ['an empty value', { claim: { name: 'a', value: '' } }],
    ['another kind of principal', { principal: `user:${id}` }],
    ['a reserved name', { name: 'admin' }],
    ['B9 a name with a NUL', { name: 'a\0b' }],
    ['B9 a subject with half a character', { subject: 'a\ud800' }],
    ['a subject that is too long', { subject: 'a'.repeat(513) }],
    ['D16 what is not theirs to say', { operator: true }],
    ['D16 an id of their choice', { id }],
  ])('refuses a rule with %s', (_, part) => {
    expect(newFederation.safeParse({ ...good, ...part }).success).toBe(false);
  });
});

describe('TrustableIssuers', () => {
  const registries = { loginServers: new Map([['localhost:5000', 'local']]), at: () => ({ account: 'ours' }) };
  const settings = { publicUrl: 'http://localhost:5000' };
  // The two members of each that it uses.
  const issuers = new TrustableIssuers(
    new EgressAllow(['127.0.0.0/8']),
    registries as unknown as KnownRegistries,
    settings as Settings,
  );
  const check = (part: object, account = 'ours') => {
    const rule = { issuer: good.issuer, audience: null, subject: 's', claim: null, ...part };
    return () => issuers.require(account, rule);
  };

  it('takes an issuer on the internet, or where the operator allows it, and an own login server', () => {
    expect(check({})).not.toThrow();
    expect(check({ issuer: 'http://127.0.0.1:8080/realms/a' })).not.toThrow();
    expect(check({ audience: 'localhost:5000' })).not.toThrow();
  });

  it.each(['http://1.1.1.1', 'https://169.254.169.254', 'file:///etc/passwd', 'https://issuer.example/?a=b', 'x'])(
    'H1 refuses the issuer %s',
    (issuer) => expect(check({ issuer })).toThrow(expect.objectContaining({ code: 'address-not-allowed' })),
  );

  it('refuses Berth itself as another issuer', () => {
    expect(check({ issuer: 'http://localhost:5000' })).toThrow('no other issuer');
  });

  it('D15 refuses a login server that is not there, or is another account`s', () => {
    const refused = expect.objectContaining({ code: 'unknown-audience' });
    expect(check({ audience: 'other:5000' })).toThrow(refused);
    expect(check({ audience: 'localhost:5000' }, 'theirs')).toThrow(refused);
  });
});
