import { installation, type EntryDraft } from '@berth/contracts';
import { AccessState, RepositoryDeletions } from '@berth/definitions';
import { TokenBuckets } from '@berth/http';
import { Outbox } from '@berth/messaging';
import { parseDataPlaneRoute } from '@berth/oci';
import { indexProhibition, type ProhibitionRecord } from '@berth/policy-engine';
import { TokenVerifier } from '@berth/tokens';
import { beforeEach, describe, expect, it } from 'vitest';
import { DataPlaneAccess } from './data-plane-access.js';
import { Report } from './report.js';
import { issuer, loginServer, realm, TestIdentity } from './test-tokens.suite.js';
import { UseLimits } from './use-limits.js';

const nowMs = Date.parse('2026-03-01T12:00:00.000Z');
const clock = () => nowMs;
const identity = new TestIdentity(clock);
const registry = { id: installation.registryId, account: installation.accountId, loginServer };
const source = { address: '192.0.2.1', userAgent: 'crane/1', traceId: null };

let entries: EntryDraft[];
let state: AccessState;
let report: Report;
let deletions: RepositoryDeletions;
let access: DataPlaneAccess;
let prohibitions: ProhibitionRecord[];

beforeEach(() => {
  entries = [];
  state = new AccessState(clock);
  deletions = new RepositoryDeletions(clock);
  state.applyKey(identity.record);
  const verifier = new TokenVerifier({ keyOf: (kid) => state.keyOf(kid), issuer, clock });
  const activity = { append: async (entry: EntryDraft) => void entries.push(entry) };
  const outbox = new Outbox({ service: 'registry', instance: 'registry-1', clock });
  const refused = { enter: async (_: string, entry: EntryDraft) => void entries.push(entry) };
  report = new Report(activity, refused, outbox, { service: 'registry', instance: 'registry-1' }, clock);
  prohibitions = [];
  access = new DataPlaneAccess({
    ...{ report, realm, uses: usesOf(clock), badTokens: new TokenBuckets({ perMinute: 3, clock }) },
    tokens: {
      verifyAccess: (compact, audience) => verifier.verifyAccess(compact, audience),
      verifyLapsedAccess: (compact, audience) => verifier.verifyLapsedAccess(compact, audience),
      refusedBy: (ver, iat) => state.refusedBy(ver, iat),
      isOutdated: (registryId, entry, iat) => deletions.isOutdated(registryId, entry, iat),
      couldRead: (_, name) => name === 'team/readable',
    },
  });
});

function usesOf(at: () => number): UseLimits {
  return new UseLimits(
    { scopeMap: () => null, roleAssignmentsOf: () => [], prohibitionsOn: () => prohibitions.map(indexProhibition) },
    at,
  );
}

async function ask(method: string, url: string, ...authorization: string[]) {
  const result = await access.admit({ registry, source, authorization, route: parseDataPlaneRoute({ method, url }) });
  if (!('error' in result)) return { admitted: result.claims.name };
  const { error, challenge } = result;
  return { code: error.code, kind: error.kind, message: error.message, challenge };
}

const bearer = (token: string) => `Bearer ${token}`;
const pull = bearer(identity.token({ 'team/app': ['pull'] }));
const push = bearer(identity.token({ 'team/app': ['pull', 'push'] }));
const service = `service="${loginServer}"`;

describe('DataPlaneAccess', () => {
  it.each([
    ['GET', '/v2/', pull],
    ['GET', '/v2/', bearer(identity.token())],
    ['GET', '/v2/team/app/manifests/v1', pull],
    ['HEAD', `/v2/team/app/blobs/sha256:${'0'.repeat(64)}`, pull],
    ['PUT', '/v2/team/app/manifests/v1', push],
    ['POST', '/v2/team/app/blobs/uploads/', push],
    ['PATCH', '/v2/team/app/blobs/uploads/x', push],
    ['GET', '/v2/team/app/tags/list', bearer(identity.token({ 'team/app': ['metadata_read'] }))],
  ])('lets %s %s in with a token that opens it', async (method, url, authorization) => {
    expect(await ask(method, url, authorization)).toEqual({ admitted: 'mytoken' });
    expect(entries).toEqual([]);
  });

  it.each([
    ['GET', '/v2/', ''],
    ['GET', '/v2/team/app/manifests/v1', ',scope="repository:team/app:pull"'],
    ['PUT', '/v2/team/app/manifests/v1', ',scope="repository:team/app:pull,push"'],
    ['GET', '/v2/team/app/blobs/uploads/x', ',scope="repository:team/app:pull,push"'],
    ['GET', '/v2/team/app/tags/list', ',scope="repository:team/app:metadata_read"'],
    ['DELETE', '/v2/team/app/manifests/v1', ',scope="repository:team/app:delete"'],
    ['GET', '/v2/_catalog', ',scope="registry:catalog:*"'],
  ])('challenges %s %s without a credential, and counts it only', async (method, url, scope) => {
    expect(await ask(method, url)).toEqual({
      ...{ code: 'UNAUTHORIZED', kind: 'unauthenticated', message: 'authentication required' },
      challenge: `Bearer realm="${realm}",${service}${scope}`,
    });
    expect(entries).toEqual([]);
    expect(report.counts.get('challenge')).toBe(1);
  });

  it.each([
    ['another repository', 'GET', '/v2/team/other/manifests/v1', pull],
    ['a name that only begins alike', 'GET', '/v2/team/app-evil/manifests/v1', pull],
    ['an action that is not held', 'PUT', '/v2/team/app/manifests/v1', pull],
    ['push without pull', 'PUT', '/v2/team/app/manifests/v1', bearer(identity.token({ 'team/app': ['push'] }))],
    ['tags with pull alone', 'GET', '/v2/team/app/tags/list', pull],
    ['an action that is a pattern', 'GET', '/v2/team/app/manifests/v1', bearer(identity.token({ 'team/app': ['*'] }))],
    ['a name that is a pattern', 'GET', '/v2/team/app/manifests/v1', bearer(identity.token({ 'team/*': ['pull'] }))],
  ])('refuses %s as docker users know it, says what is needed, and records it', async (_, method, url, token) => {
    const { code, kind, message, challenge } = await ask(method, url, token);
    expect({ code, kind }).toEqual({ code: 'DENIED', kind: 'unauthenticated' });
    expect(message).toBe('requested access to the resource is denied');
    expect(challenge).toMatch(/,scope="repository:team\/[^"]+",error="insufficient_scope"$/);
    expect(entries).toMatchObject([
      { event: 'refused', outcome: 'refused', reason: 'no-grant', actor: { name: 'mytoken', slot: 1 } },
    ]);
  });

  it.each([
    ['A15 for another registry', { aud: 'other.example.com' }, 'invalid-token'],
    ['A15 with the id of another registry', { rid: installation.accountId }, 'other-registry'],
    ['of another account', { acct: installation.registryId }, 'other-registry'],
    ['A14 of another issuer', { iss: 'http://localhost:5000/' }, 'invalid-token'],
    ['A19 that expired', { iat: nowMs / 1000 - 500, nbf: nowMs / 1000 - 500, exp: nowMs / 1000 - 60 }, 'invalid-token'],
  ])('refuses a token %s', async (_, changes, reason) => {
    const token = bearer(identity.token({ 'team/app': ['pull'] }, changes));
    const { code, challenge } = await ask('GET', '/v2/team/app/manifests/v1', token);
    expect(code).toBe('UNAUTHORIZED');
    expect(challenge).toBe(`Bearer realm="${realm}",${service},scope="repository:team/app:pull",error="invalid_token"`);
    expect(entries).toMatchObject([{ event: 'refused', reason, asked: 'repository:team/app:pull' }]);
  });

  it('lets an expired token in to an upload alone, marked, as long as nothing of it was taken away', async () => {
    const times = { iat: nowMs / 1000 - 500, nbf: nowMs / 1000 - 500, exp: nowMs / 1000 - 60 };
    const authorization = [bearer(identity.token({ 'team/app': ['pull', 'push'] }, times))];
    const admit = (method: string, url: string) =>
      access.admit({ registry, source, authorization, route: parseDataPlaneRoute({ method, url }) });
    const upload = '/v2/team/app/blobs/uploads/x';
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect(await admit(method, upload)).toMatchObject({ isLapsed: true, claims: { name: 'mytoken' } });
    }
    expect(await admit('PATCH', '/v2/team/other/blobs/uploads/x')).toMatchObject({ error: { code: 'DENIED' } });
    expect(await admit('POST', '/v2/team/app/blobs/uploads/')).toMatchObject({ error: { code: 'UNAUTHORIZED' } });
    state.applyMinimum({
      ...{ subject: 'scope-map:m', account: installation.accountId, version: 8 },
      raisedAt: new Date(nowMs).toISOString(),
    });
    expect(await admit('PATCH', upload)).toMatchObject({ error: { code: 'UNAUTHORIZED' } });
  });

  it('refuses a token that is below a minimum, whatever it opens, and lets a newer one in', async () => {
    state.applyMinimum({
      ...{ subject: 'scope-map:m', account: installation.accountId, version: 8 },
      raisedAt: new Date(nowMs).toISOString(),
    });
    expect(await ask('GET', '/v2/team/app/manifests/v1', pull)).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await ask('GET', '/v2/', pull)).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(entries).toMatchObject([
      {
        ...{ reason: 'taken-away', actor: { id: 'token:01900000-0000-7000-8000-00000000aaaa' } },
        decidedBy: [
          { ref: 'token:01900000-0000-7000-8000-00000000aaaa', version: 3 },
          { ref: 'scope-map:m', version: 7 },
        ],
      },
      {},
    ]);
    const newer = identity.token({ 'team/app': ['pull'] }, { ver: { 'scope-map:m': 8 } });
    expect(await ask('GET', '/v2/team/app/manifests/v1', bearer(newer))).toEqual({ admitted: 'mytoken' });
  });

  it('refuses a token of a repository that was deleted since, on every address of it and of no other', async () => {
    const deletedAt = new Date(nowMs).toISOString();
    const deletion = { account: installation.accountId, repository: 'team/app', version: 9, deletedAt };
    deletions.apply({ registryId: installation.registryId, ...deletion });
    const both = bearer(identity.token({ 'team/app': ['pull', 'push'], 'team/other': ['pull'] }));
    for (const [method, url] of [
      ['GET', '/v2/team/app/manifests/v1'],
      ['PUT', '/v2/team/app/manifests/v1'],
      ['POST', '/v2/team/app/blobs/uploads/'],
    ] as const) {
      expect(await ask(method, url, both)).toMatchObject({ code: 'UNAUTHORIZED' });
    }
    expect(entries.map(({ reason }) => reason)).toEqual(Array(3).fill('repository-deleted'));
    expect(await ask('GET', '/v2/team/other/manifests/v1', both)).toEqual({ admitted: 'mytoken' });
    const claims = identity.claims({ 'team/app': ['pull'] });
    const access = claims.access.map((entry) => ({ ...entry, inc: 9 }) as (typeof claims.access)[number]);
    const newer = bearer(identity.token({}, { access }));
    expect(await ask('GET', '/v2/team/app/manifests/v1', newer)).toEqual({ admitted: 'mytoken' });
  });

  it('asks for the source of a mount too, if the caller could read it, and only then', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const mount = (from: string) => ask('POST', `/v2/team/app/blobs/uploads/?mount=${digest}&from=${from}`, push);
    const { challenge } = await mount('team/readable');
    expect(challenge).toContain('scope="repository:team/app:pull,push repository:team/readable:pull"');
    expect(await mount('team/secret')).toEqual({ admitted: 'mytoken' });
    expect(await mount('team/app')).toEqual({ admitted: 'mytoken' });
    const named = bearer(identity.token({ 'team/app': ['pull', 'push'], 'team/readable': ['metadata_read'] }));
    const url = `/v2/team/app/blobs/uploads/?mount=${digest}&from=team/readable`;
    expect(await ask('POST', url, named)).toEqual({ admitted: 'mytoken' });
  });

  it.each([
    ['GET', '/v2/team/other/manifests/v1', 'content/read'],
    ['PUT', '/v2/team/other/manifests/v1', 'content/write'],
    ['GET', '/v2/team/other/tags/list', 'metadata/read'],
    ['GET', '/v2/', null],
  ])('records of a refused %s %s that %s was needed', async (method, url, action) => {
    await ask(method, url, bearer('not-a-token'));
    expect(entries).toMatchObject([{ event: 'refused', action }]);
  });

  it('A28 refuses two Authorization headers and Basic with a Bearer challenge, and reads the scheme in any case', async () => {
    expect(await ask('GET', '/v2/', pull, pull)).toMatchObject({ code: 'UNAUTHORIZED' });
    const basic = await ask('GET', '/v2/', 'Basic bXl0b2tlbjpzZWNyZXQ=');
    expect(basic).toMatchObject({ code: 'UNAUTHORIZED', challenge: expect.stringMatching(/^Bearer .*invalid_token/) });
    expect(JSON.stringify(entries)).not.toContain('bXl0b2tlbjpzZWNyZXQ');
    expect(await ask('GET', '/v2/', pull.replace('Bearer', 'bearer'))).toEqual({ admitted: 'mytoken' });
  });

  it('S3-08 lets who may pull what is in quarantine alone in to digests and blobs, marked, as far as reading is open', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const admit = (url: string, token: string, method = 'GET') =>
      access.admit({ registry, source, authorization: [token], route: parseDataPlaneRoute({ method, url }) });
    const scanner = bearer(identity.token({ 'team/app': ['quarantine_read'] }));
    const [manifest, blob] = [`/v2/team/app/manifests/${digest}`, `/v2/team/app/blobs/${digest}`];
    const isAway = { cidrs: ['198.51.100.0/24'] };
    const bound = identity.claims({ 'team/app': ['pull'] }).access.map((entry) => ({ ...entry, when: [isAway] }));
    const both = identity.claims({ 'team/app': ['quarantine_read'] }).access;
    const elsewhere = bearer(identity.token({}, { access: [...bound, ...both] as typeof both }));
    for (const url of [manifest, blob]) {
      expect(await admit(url, scanner)).toMatchObject({ isQuarantineOnly: true });
      expect(await admit(url, scanner, 'HEAD')).toMatchObject({ isQuarantineOnly: true });
      expect(await admit(url, pull)).toMatchObject({ isQuarantineOnly: false });
      expect(await admit(url, elsewhere)).toMatchObject({ isQuarantineOnly: true });
    }
    expect(await admit('/v2/team/app/manifests/v1', scanner)).toMatchObject({ error: { code: 'DENIED' } });
    expect(await admit(manifest, scanner, 'DELETE')).toMatchObject({ error: { code: 'DENIED' } });
    prohibitions = [
      {
        ...{ id: 'p', account: registry.account, version: 1, status: 'active', kind: 'private-only' },
        ...{ scope: { kind: 'account' }, actions: ['content/read'], exceptFrom: [] },
      },
    ];
    expect(await admit(manifest, scanner)).toMatchObject({ error: { kind: 'unauthenticated' } });
    expect(await admit(manifest, elsewhere)).toMatchObject({ error: { kind: 'denied' } });
  });

  it('B21 slows down whoever makes tokens up, enters each, and nobody whose token has only expired', async () => {
    const old = { iat: nowMs / 1000 - 500, nbf: nowMs / 1000 - 500, exp: nowMs / 1000 - 60 };
    const expired = bearer(identity.token({ 'team/app': ['pull'] }, old));
    const kinds = async (token: string) => {
      const answers = [];
      for (let n = 0; n < 5; n++) answers.push((await ask('GET', '/v2/', token)).kind);
      return answers;
    };
    expect(await kinds(expired)).toEqual(Array(5).fill('unauthenticated'));
    const [limited, wrong] = ['rate-limited', 'unauthenticated'];
    expect(await kinds(bearer('not-a-token'))).toEqual([wrong, wrong, wrong, limited, limited]);
    expect(entries).toHaveLength(10);
    expect(await ask('GET', '/v2/', pull)).toEqual({ admitted: 'mytoken' });
    expect((await ask('GET', '/v2/', bearer('not-a-token'))).challenge).toBeNull();
  });

  it('obeys at the end of a request what was forbidden to everybody while it ran', async () => {
    const route = parseDataPlaneRoute({ method: 'PUT', url: '/v2/team/app/manifests/v1' });
    const request = { registry, source, authorization: [push], route };
    const admitted = await access.admit(request);
    if ('error' in admitted) throw admitted.error;
    expect(await access.confirm(request, admitted)).toBeNull();
    prohibitions = [
      {
        ...{ id: 'p', account: registry.account, version: 1, status: 'active', kind: 'lock' },
        ...{ scope: { kind: 'account' }, actions: ['content/write'], exceptFrom: [] },
      },
    ];
    const refused = await access.confirm(request, admitted);
    expect(refused).toMatchObject({ error: { kind: 'denied', detail: { reason: 'lock' } }, challenge: null });
    expect(entries).toMatchObject([{ event: 'refused', reason: 'lock', target: { repository: 'team/app' } }]);
  });

  it('lets nobody in when the record of a refusal can not be written', async () => {
    const outbox = new Outbox({ service: 'registry', instance: 'r', clock });
    const full = { append: () => full.enter(), enter: () => Promise.reject(new Error('disk full')) };
    report = new Report(full, full, outbox, { service: 'registry', instance: 'r' }, clock);
    access = new DataPlaneAccess({
      ...{ report, realm, uses: usesOf(clock), badTokens: { take: () => null } },
      tokens: {
        ...{ verifyAccess: () => identity.claims(), verifyLapsedAccess: () => identity.claims() },
        ...{ refusedBy: () => null, isOutdated: () => false, couldRead: () => false },
      },
    });
    await expect(ask('GET', '/v2/team/app/manifests/v1', pull)).rejects.toThrow('disk full');
  });
});
