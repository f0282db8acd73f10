import { describe, expect, it } from 'vitest';
import { accessClaims } from './claims.js';
import { installation } from './ids.js';

const repository = { type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 };
const catalog = { type: 'registry', name: 'catalog', actions: ['*'], inc: 0 };
const scopeMap = '01900000-0000-7000-8000-00000000000a';
const group = 'group:01900000-0000-7000-8000-00000000000b';

function isAccepted(claims: object): boolean {
  const id = '01900000-0000-7000-8000-00000000000c';
  const now = 1_800_000_000;
  const base = { iss: 'http://localhost:5000', sub: `token:${id}`, name: 'device-1', acct: installation.accountId };
  const times = { iat: now, nbf: now, exp: now + 300, jti: id, ver: {} };
  const place = { aud: 'localhost:5000', rid: installation.registryId };
  return accessClaims.safeParse({ ...base, ...times, ...place, ...claims }).success;
}

describe('accessClaims', () => {
  it('say by what the catalog is decided, once', () => {
    expect(isAccepted({ access: [repository, catalog], scopeMap })).toBe(true);
    expect(isAccepted({ access: [catalog], groups: [] })).toBe(true);
    expect(isAccepted({ access: [catalog], groups: [group] })).toBe(true);
    expect(isAccepted({ access: [catalog] })).toBe(false);
    expect(isAccepted({ access: [catalog], groups: [], scopeMap })).toBe(false);
    expect(isAccepted({ access: [catalog], groups: Array.from({ length: 201 }, () => group) })).toBe(false);
  });

  it('say nothing of groups or a scope map without the catalog', () => {
    expect(isAccepted({ access: [repository] })).toBe(true);
    expect(isAccepted({ access: [repository], groups: [] })).toBe(false);
    expect(isAccepted({ access: [], scopeMap })).toBe(false);
  });

  it.each([
    { ...catalog, name: 'anything' },
    { ...catalog, actions: [] },
    { ...catalog, actions: ['*', 'pull'] },
    { ...catalog, inc: 1 },
    { ...repository, type: 'registry' },
    { ...repository, type: 'unknown' },
    { ...repository, inc: -1 },
  ])('know no other entry: %j', (entry) => {
    expect(isAccepted({ access: [entry], groups: [] })).toBe(false);
    expect(isAccepted({ access: [entry] })).toBe(false);
  });
});
