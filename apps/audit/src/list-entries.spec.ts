import { randomUUID } from 'node:crypto';
import { installation, type EntryDraft } from '@berth/contracts';
import { Spool } from '@berth/messaging';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AppendChanges } from './append-changes/append-changes.js';
import { entryOf, startAudit, tokenOf, type AuditUnderTest } from './audit.suite.js';

const entries = '/api/v1/audit/entries';
let audit: AuditUnderTest;

const target = (repository: string): EntryDraft['target'] => ({ registryId: installation.registryId, repository });

/** Numbered 1..6 in the log; the last is another account's. */
const drafts: EntryDraft[] = [
  entryOf({ event: 'token-issued', action: null, target: {}, at: '2026-01-01T00:00:00.000Z' }),
  entryOf({ at: '2026-01-01T00:00:01.000Z' }),
  entryOf({ event: 'refused', outcome: 'refused', reason: 'insufficient-scope', target: target('samples/nginx') }),
  entryOf({ actor: { id: 'user:0199', name: 'admin' }, event: 'manifest-pushed', action: 'content/write' }),
  entryOf({ actor: { id: 'token:0198', name: 'token:0198' }, at: '2026-02-01T00:00:00.000Z' }),
  entryOf({ account: randomUUID() }),
];

beforeAll(async () => {
  audit = await startAudit();
  await audit.app.get(AppendChanges).execute(drafts.map((data) => ({ id: randomUUID(), data })));
});

afterAll(async () => {
  await audit.stop();
});

/** Numbers of the entries that a query finds. */
async function found(query: string): Promise<unknown> {
  const { status, json } = await audit.get(`${entries}?${query}`);
  expect(status, JSON.stringify(json)).toBe(200);
  return (json as { items: { seq: number }[] }).items.map(({ seq }) => seq);
}

describe('the entries of the audit log', () => {
  it('are answered whole, oldest first, of the caller’s account only', async () => {
    const { json } = await audit.get(entries);
    expect(json).toEqual({ items: drafts.slice(0, 5).map((draft, at) => ({ ...draft, seq: at + 1 })), next: null });
  });

  it.each([
    ['actor=mytoken', [1, 2, 3]],
    ['actor=token:0198', [1, 2, 3, 5]],
    ['actor=admin', [4]],
    ['actor=nobody', []],
    ['action=content/write', [4]],
    ['action=push', [4]],
    ['repository=samples/nginx', [3]],
    ['repository=samples%2Fhello-world&actor=admin', [4]],
    ['outcome=refused', [3]],
    ['event=token-issued', [1]],
    ['from=2026-01-02T00:00:00Z', [3, 4, 5]],
    ['from=2026-01-01T00:00:01Z&to=2026-01-02T03:04:05.678Z', [2]],
    ['to=2026-01-01T01:00:01%2B01:00', [1]],
    ['actor=token:0198&after=1&limit=2', [2, 3]],
  ])('are found by %s', async (query, seqs) => {
    expect(await found(query)).toEqual(seqs);
  });

  it('are paged by sequence number, which is the cursor', async () => {
    const first = await audit.get(`${entries}?actor=token:0198&limit=3`);
    expect(first.json).toMatchObject({ items: [{ seq: 1 }, { seq: 2 }, { seq: 3 }], next: '3' });
    const last = await audit.get(`${entries}?actor=token:0198&limit=3&after=3`);
    expect(last.json).toMatchObject({ items: [{ seq: 5 }], next: null });
    expect((await audit.get(`${entries}?limit=5`)).json['next']).toBeNull();
  });

  it.each([
    'user=admin',
    'actor=a&actor=b',
    'actor=',
    'actor=%00',
    'repository=a%00',
    'action=fly',
    'outcome=perhaps',
    'event=pulled',
    'from=yesterday',
    'limit=0',
    'limit=1001',
    'after=-1',
    'after=abc',
  ])('are refused to the query %s', async (query) => {
    expect((await audit.get(`${entries}?${query}`)).status).toBe(400);
  });
});

describe('who may read the audit log', () => {
  it('is nobody without a token', async () => {
    expect((await audit.get(entries, null)).status).toBe(401);
  });

  it('is nobody with a token that is none, and the attempt is recorded', async () => {
    const append = vi.spyOn(audit.app.get(Spool), 'append');
    expect((await audit.get(entries, 'not-one')).status).toBe(401);
    expect(append.mock.calls).toMatchObject([
      [{ event: 'refused', account: installation.accountId, actor: { id: null }, reason: 'invalid-token' }],
    ]);
    append.mockRestore();
  });

  it('is nobody without audit/read, and the attempt is recorded', async () => {
    const append = vi.spyOn(audit.app.get(Spool), 'append');
    const ref = `user:${randomUUID()}`;
    const answer = await audit.get(entries, tokenOf({ sub: ref, name: 'eve' }));
    expect(answer).toMatchObject({ status: 403, json: { code: 'no-role-assignment' } });
    expect(append.mock.calls).toMatchObject([[{ event: 'refused', actor: { id: ref }, action: 'audit/read' }]]);
  });

  it('is nobody from another account, whatever they hold there', async () => {
    expect((await audit.get(entries, tokenOf({ acct: randomUUID() }))).status).toBe(403);
  });
});
