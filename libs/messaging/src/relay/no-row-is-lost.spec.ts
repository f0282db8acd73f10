import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readChanges } from '../outbox/changes.js';
import { factRecorded, openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import { makeRelay, RecordingSender, type SentRecord } from './relay.suite.js';

const writers = 200;
const rounds = 3;

describe('outbox', () => {
  let spec: SpecOutbox;

  beforeAll(async () => {
    spec = await openSpecOutbox({ poolSize: writers + 10 });
  });

  afterAll(async () => {
    await spec.drop();
  });

  const atRandom = () => pause(Math.random() * 8);

  /** Draws the id of its fact early and commits at some later time; every second writer also publishes a state. */
  async function write(writer: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const id = `${writer}/${round}`;
      await spec.db.transaction(async (tx) => {
        await spec.outbox.record(tx, factRecorded, { id, text: '' });
        await atRandom();
        if (writer % 2 === 0) {
          await spec.outbox.publish(tx, thingChanged, { id, version: await spec.outbox.nextVersion(tx), note: '' });
          await atRandom();
        }
      });
    }
  }

  /** As a follower does while Kafka is silent: always on from the page before. */
  async function followByPolling(seen: Set<string>, isLast: () => boolean): Promise<void> {
    for (let after = 0, wasLast = false; !wasLast;) {
      wasLast = isLast();
      const page = await readChanges(spec.db, { after, limit: 20 });
      for (const { key } of page.changes) seen.add(key);
      after = page.upTo;
      if (page.more) wasLast = false;
    }
  }

  it('loses no row under 200 parallel writers that pause at random before COMMIT, neither by the relay nor by the fallback poll', async () => {
    const producer = new RecordingSender();
    const relay = makeRelay(spec, { producer });
    relay.start();
    const polled = new Set<string>();
    let haveAllCommitted = false;
    const polling = followByPolling(polled, () => haveAllCommitted);
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    haveAllCommitted = true;
    await polling;

    const unsent = `select count(*) as n from outbox where sent_at is null`;
    await expect.poll(() => spec.db.query(unsent), { timeout: 5_000 }).toEqual([{ n: 0 }]);
    await expect.poll(() => producer.heartbeats().length, { timeout: 5_000 }).toBeGreaterThan(0);
    await relay.stop();

    const stored = await spec.db.query<{ event_id: string; lane: string; key: string }>(
      `select event_id, lane, key from outbox`,
    );
    expect(stored).toHaveLength(writers * rounds * 1.5);
    const sent = new Set(producer.events().map(({ eventId }) => eventId));
    expect(stored.filter(({ event_id }) => !sent.has(event_id))).toEqual([]);
    expect(stored.filter(({ lane, key }) => lane === 'urgent' && !polled.has(key))).toEqual([]);
    expect(prematureHeartbeats(producer.log())).toEqual([]);
  });
});

/** Heartbeats that promised a change which was sent for the first time only after them. */
function prematureHeartbeats(log: readonly SentRecord[]): SentRecord[] {
  const firstSentAt = new Map<number, number>();
  log.forEach(({ change }, place) => {
    if (change !== null && !firstSentAt.has(change)) firstSentAt.set(change, place);
  });
  return log.filter(({ heartbeat }, place) =>
    [...firstSentAt].some(([change, sentAt]) => heartbeat !== null && change <= heartbeat && sentAt > place),
  );
}
