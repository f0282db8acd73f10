import { randomUUID } from 'node:crypto';
import { entryEvents, type EntryDraft } from '@berth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppendActivity } from './append-activity/append-activity.js';
import { AppendChanges } from './append-changes/append-changes.js';
import { entryOf, startAudit, type AuditUnderTest } from './audit.suite.js';

const path = '/internal/last-used';
const day = (n: number) => `2026-01-0${n}T03:04:05.678Z`;
let audit: AuditUnderTest;

beforeAll(async () => {
  audit = await startAudit();
});

afterAll(async () => {
  await audit.stop();
});

const newActor = () => ({ id: `token:${randomUUID()}`, name: 'mytoken' });

async function append(...drafts: EntryDraft[]): Promise<void> {
  await audit.app.get(AppendChanges).execute(drafts.map((data) => ({ id: randomUUID(), data })));
}

async function lastUsed(...principals: string[]): Promise<unknown> {
  const { status, json } = await audit.post(path, { principals });
  expect(status, JSON.stringify(json)).toBe(200);
  return (json as { lastUsed: { principal: string; at: string }[] }).lastUsed;
}

describe('when a principal was last used', () => {
  it('is its latest entry that was allowed, whatever the order in which entries come', async () => {
    const actor = newActor();
    await append(entryOf({ actor, at: day(2) }), entryOf({ actor, at: day(4) }), entryOf({ actor, at: day(3) }));
    expect(await lastUsed(actor.id)).toEqual([{ principal: actor.id, at: day(4) }]);
    await append(entryOf({ actor, at: day(1) }));
    expect(await lastUsed(actor.id)).toEqual([{ principal: actor.id, at: day(4) }]);
    await append(entryOf({ actor, at: day(5) }));
    expect(await lastUsed(actor.id)).toEqual([{ principal: actor.id, at: day(5) }]);
  });

  it('is told by log-ins, pulls, pushes and changes alike, and from spools as well', async () => {
    const actors = entryEvents.map(newActor);
    await append(...entryEvents.map((event, n) => entryOf({ event, actor: actors[n] ?? newActor(), at: day(1) })));
    expect(await lastUsed(...actors.map(({ id }) => id))).toHaveLength(actors.length);
    const actor = newActor();
    const producer = { service: 'registry', instance: 'registry-1', boot: randomUUID() } as const;
    const frames = [{ kind: 'entry' as const, entry: entryOf({ actor, at: day(3) }) }];
    await audit.app.get(AppendActivity).execute([{ producer, first: 1, frames }]);
    expect(await lastUsed(actor.id)).toEqual([{ principal: actor.id, at: day(3) }]);
  });

  it('is never for who was only refused, was broken off or is not known', async () => {
    const [refused, aborted] = [newActor(), newActor()];
    await append(
      entryOf({ actor: refused, event: 'token-refused', outcome: 'refused', reason: 'wrong-password' }),
      entryOf({ actor: aborted, event: 'pull-aborted', outcome: 'aborted' }),
      entryOf({ actor: { id: null, name: 'nobody' } }),
    );
    expect(await lastUsed(refused.id, aborted.id, newActor().id)).toEqual([]);
  });

  it('does not stop the log for a principal that Postgres can not hold', async () => {
    await append(
      entryOf({ actor: { id: 'device:a/\0', name: 'a' } }),
      entryOf({ actor: { id: 'device:a/\uFFFD', name: 'a' } }),
    );
    expect(await lastUsed('device:a/\uFFFD')).toHaveLength(1);
  });

  it('is told to services of this installation only, of 1,000 principals at most', async () => {
    expect((await audit.post(path, { principals: [] }, 'not the key')).status).toBe(404);
    const principals = Array.from({ length: 1001 }, () => newActor().id);
    expect((await audit.post(path, { principals })).status).toBe(400);
    expect((await audit.post(path, { principals: principals.slice(1) })).status).toBe(200);
  });
});
