import { accessClaims, installation, type AccessEntryClaim } from '@berth/contracts';
import { parsePrincipalRef } from '@berth/policy-engine';
import { describe, expect, it } from 'vitest';
import { accessTokenClaims, jittered } from './access-token.js';

const nowMs = Date.UTC(2026, 0, 1, 12);
const now = nowMs / 1000;
const id = '01900000-0000-7000-8000-00000000000c';
const credential = {
  principal: { ref: parsePrincipalRef(`token:${id}`), account: installation.accountId, groups: [], scopeMapId: null },
  name: 'device-1',
  slot: 1,
  apiKeyId: null,
  versions: { [`token:${id}`]: 3, [`slot:${id}/1`]: 2 },
  endsAtMs: null,
  renewableVersion: 1,
} as const;
const parts = {
  issuer: 'http://localhost:5000',
  audience: 'localhost:5000',
  registryId: installation.registryId,
  access: [],
  grants: new Map([['scope-map:x', 9]]),
  endsAtMs: null,
  nowMs,
  lifetimeSeconds: 280,
};

describe('accessTokenClaims', () => {
  it('names the credential, its slot and what granted, each with its version', () => {
    const claims = accessTokenClaims(credential, parts);
    expect(accessClaims.parse(claims)).toMatchObject({
      sub: `token:${id}`,
      name: 'device-1',
      slot: 1,
      aud: 'localhost:5000',
      rid: installation.registryId,
      ver: { [`token:${id}`]: 3, [`slot:${id}/1`]: 2, 'scope-map:x': 9 },
      iat: now,
      nbf: now,
      exp: now + 280,
    });
  });

  it('says by what the catalog is decided if it opens that, and else nothing of it', () => {
    const catalog: AccessEntryClaim = { type: 'registry', name: 'catalog', actions: ['*'], inc: 0 };
    const withCatalog = { ...parts, access: [catalog] };
    const { principal } = credential;
    const group = parsePrincipalRef('group:g');
    const asUser = { ...credential, principal: { ...principal, groups: [group] } };
    const asToken = { ...credential, principal: { ...principal, scopeMapId: id } };
    expect(accessClaims.parse(accessTokenClaims(asUser, withCatalog)).groups).toEqual([group]);
    expect(accessTokenClaims(asUser, withCatalog)).not.toHaveProperty('scopeMap');
    expect(accessClaims.parse(accessTokenClaims(asToken, withCatalog)).scopeMap).toBe(id);
    expect(accessTokenClaims(asToken, withCatalog)).not.toHaveProperty('groups');
    const owner = {
      ref: parsePrincipalRef('user:u'),
      account: installation.accountId,
      groups: [group],
      scopeMapId: null,
    };
    const asOwned = { ...asToken, principal: { ...asToken.principal, owner } };
    const owned = accessClaims.parse(accessTokenClaims(asOwned, withCatalog));
    expect(owned).toMatchObject({ scopeMap: id, owner: { id: 'user:u', groups: [group] } });
    expect(accessTokenClaims(asOwned, parts)).not.toHaveProperty('owner');
    for (const each of [asUser, asToken]) {
      expect(accessTokenClaims(each, parts)).not.toHaveProperty('groups');
      expect(accessTokenClaims(each, parts)).not.toHaveProperty('scopeMap');
    }
  });

  it('ends with the credential, even if that is soon', () => {
    expect(accessTokenClaims({ ...credential, endsAtMs: nowMs + 7_900 }, parts).exp).toBe(now + 7);
  });

  it('ends with what it grants, even if that is soon', () => {
    expect(accessTokenClaims(credential, { ...parts, endsAtMs: nowMs + 7_900 }).exp).toBe(now + 7);
    expect(
      accessTokenClaims({ ...credential, endsAtMs: nowMs + 3_000 }, { ...parts, endsAtMs: nowMs + 7_900 }).exp,
    ).toBe(now + 3);
  });

  it('never ends later because the credential does', () => {
    expect(accessTokenClaims({ ...credential, endsAtMs: nowMs + 9_000_000 }, parts).exp).toBe(now + 280);
  });
});

describe('jittered', () => {
  it('takes up to a tenth away', () => {
    expect([jittered(300, 0), jittered(300, 0.5), jittered(300, 0.999_999)]).toEqual([300, 285, 270]);
  });
});
