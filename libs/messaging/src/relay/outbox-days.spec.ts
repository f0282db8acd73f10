import { afterAll, beforeAll, expect, it } from 'vitest';
import { limitRaised, openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import { tidyOutbox } from './outbox-days.js';

let spec: SpecOutbox;

beforeAll(async () => {
  spec = await openSpecOutbox();
});

afterAll(async () => {
  await spec.drop();
});

it('forgets states that their topic has forgotten, but never the latest change', async () => {
  const publish = (topic: typeof limitRaised, id: string) =>
    spec.db.transaction((tx) => spec.outbox.publish(tx, topic, { id, version: 1, note: '' }));
  await publish(limitRaised, 'old');
  await publish(thingChanged, 'kept for ever');
  await publish(limitRaised, 'young');
  await publish(limitRaised, 'old and last');
  await spec.db.query(`update published_state set at = now() - interval '25 hours' where key <> 'young'`);
  await tidyOutbox(spec.db, [thingChanged, limitRaised]);
  expect(await spec.db.query(`select key from published_state order by change`)).toEqual([
    { key: 'kept for ever' },
    { key: 'young' },
    { key: 'old and last' },
  ]);
});

it('empties the partition of days that had none, a day after sending', async () => {
  await spec.owner.query(
    `insert into outbox (topic, key, source, lane, at, data, created_at, sent_at) values
       ('t', 'long sent', 's', 'bulk', now(), '{}', '2020-01-01', now() - interval '2 days'),
       ('t', 'just sent', 's', 'bulk', now(), '{}', '2020-01-01', now()),
       ('t', 'not sent', 's', 'bulk', now(), '{}', '2020-01-01', null)`,
  );
  await tidyOutbox(spec.db, []);
  expect(await spec.db.query(`select key from outbox_default order by key`)).toEqual([
    { key: 'just sent' },
    { key: 'not sent' },
  ]);
});
