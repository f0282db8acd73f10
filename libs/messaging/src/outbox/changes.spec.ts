import { changesPage } from '@berth/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readChanges } from './changes.js';
import { openSpecOutbox, type SpecOutbox } from './outbox.suite.js';

describe('readChanges', () => {
  let spec: SpecOutbox;

  beforeAll(async () => {
    spec = await openSpecOutbox();
  });

  beforeEach(async () => {
    await spec.db.query(`delete from published_state`);
  });

  afterAll(async () => {
    await spec.drop();
  });

  const highest = async () =>
    (await spec.db.query<{ n: number }>(`select coalesce(max(change), 0) as n from published_state`))[0]?.n ?? 0;
  const keys = (page: { changes: { key: string }[] }) => page.changes.map(({ key }) => key);

  it('is empty and starts at 0 when nothing was ever published', async () => {
    expect(await readChanges(spec.db, { after: 0 })).toEqual({ changes: [], upTo: 0, more: false });
  });

  it('lists the latest state of each key in the order of commits, in the shape of the contract', async () => {
    for (const key of ['a', 'b', 'a', 'c']) await spec.publish(key);
    const page = await readChanges(spec.db, { after: 0 });
    expect(changesPage.parse(page)).toEqual(page);
    expect(keys(page)).toEqual(['b', 'a', 'c']);
    expect(page).toMatchObject({ upTo: await highest(), more: false });
  });

  it('goes on after the page before, and says how far a page reaches', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) await spec.publish(key);
    const first = await readChanges(spec.db, { after: 0, limit: 2 });
    expect([keys(first), first.more, first.upTo]).toEqual([['a', 'b'], true, first.changes[1]?.change]);
    const second = await readChanges(spec.db, { after: first.upTo, limit: 2 });
    const third = await readChanges(spec.db, { after: second.upTo, limit: 2 });
    expect([keys(second), keys(third), third.more, third.upTo]).toEqual([['c', 'd'], ['e'], false, await highest()]);
    expect(await readChanges(spec.db, { after: third.upTo })).toEqual({ changes: [], upTo: third.upTo, more: false });
  });

  it('tells a follower that is ahead, because the owner was restored, how far the owner really is', async () => {
    await spec.publish('a');
    expect(await readChanges(spec.db, { after: 2 ** 40 })).toEqual({ changes: [], upTo: await highest(), more: false });
  });

  it('never gives more than 1000', async () => {
    await spec.db.query(
      `insert into published_state select 't', n::text, n, nextval('change_seq'), now(), 's', '{}' from generate_series(1, 1001) n`,
    );
    const page = await readChanges(spec.db, { after: 0, limit: 5000 });
    expect([page.changes.length, page.more]).toEqual([1000, true]);
  });
});
