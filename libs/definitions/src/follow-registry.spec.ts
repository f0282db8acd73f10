import { repositoryDeleted, repositoryDeletionKey, type ChangesPage, type RepositoryDeletion } from '@berth/contracts';
import type { ConsumedEvent, StateProgress, UnreadableRecord } from '@berth/messaging';
import { Metrics } from '@berth/telemetry';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followRegistry, FollowRegistryConsumer, RegistryFollowing } from './follow-registry.js';
import type { FollowingOptions } from './following.js';
import { RepositoryDeletions } from './repository-deletions.js';
import { createSpecSchema, deletionOf, registryId, silentLogger, uuidOf, type SpecSchema } from './state-copy.suite.js';

const startMs = Date.parse('2026-11-21T12:00:00Z');
const key = `${registryId}/team/app`;
let schema: SpecSchema;
let nowMs: number;

beforeEach(async () => {
  nowMs = startMs;
  schema = await createSpecSchema();
});

afterEach(() => schema.drop());

/** Kafka that has been read to its end, or one that gives no answer. */
function kafka(isThere: boolean): StateProgress {
  const silentForMs = () => (isThere ? 0 : nowMs - startMs);
  return { caughtUp: isThere, answered: isThere, silentForMs, safeChange: () => (isThere ? 1 : 0) };
}

const nobody = (): Promise<ChangesPage> => Promise.reject(new Error('the registry does not answer'));

async function start(more: Partial<FollowingOptions> = {}) {
  const given: FollowingOptions = {
    db: schema.open(),
    clock: () => nowMs,
    logger: silentLogger,
    progressOf: () => kafka(true),
    poll: nobody,
    repeat: () => () => undefined,
    ...more,
  };
  const app = await Test.createTestingModule({ imports: [followRegistry({ useFactory: () => given })] }).compile();
  await app.init();
  const deletions = app.get(RepositoryDeletions);
  return {
    app,
    following: app.get(RegistryFollowing),
    consumer: app.get(FollowRegistryConsumer),
    deletions,
    inc: (name: string) => deletions.incarnationOf(registryId, name),
  };
}

function consumed(data: RepositoryDeletion): ConsumedEvent<RepositoryDeletion> {
  const place = { topic: repositoryDeleted.name, partition: 0, offset: '1', key: repositoryDeletionKey(data) };
  return { ...place, id: uuidOf(1), at: new Date(nowMs), change: 1, traceparent: null, data };
}

const unreadable: UnreadableRecord = {
  ...{
    topic: repositoryDeleted.name,
    partition: 0,
    offset: '2',
    key,
    unreadable: true,
    reason: 'not ours',
    said: undefined,
  },
  timestampMs: startMs,
};

describe('following the registry', () => {
  it('knows deletions, also after a restart without Kafka and without the registry', async () => {
    const first = await start();
    await first.consumer.take([consumed(deletionOf('team/app', 7, nowMs)), consumed(deletionOf('b', 8, nowMs))]);
    expect([first.inc('team/app'), first.inc('b'), first.inc('c')]).toEqual([7, 8, 0]);
    await first.app.close();
    const second = await start({ progressOf: () => kafka(false) });
    expect([second.inc('team/app'), second.inc('b')]).toEqual([7, 8]);
    await second.app.close();
  });

  it('is ready with nothing deleted and a registry that does not answer, from Kafka or after 10 s without it', async () => {
    const withKafka = await start();
    expect(withKafka.following.follower.isReady()).toBe(true);
    await withKafka.app.close();
    const without = await start({ progressOf: () => kafka(false) });
    nowMs += 9_999;
    await without.following.follower.tick();
    expect(without.following.follower.isReady()).toBe(false);
    nowMs += 1;
    await without.following.follower.tick();
    expect(without.following.follower.isReady()).toBe(true);
    await without.app.close();
  });

  it('asks the registry while Kafka is silent', async () => {
    const data = deletionOf('team/app', 7, nowMs);
    const change = { topic: repositoryDeleted.name, key, change: 1, data };
    const asked: number[] = [];
    const { following, inc, app } = await start({
      progressOf: () => kafka(false),
      poll: (after) => {
        asked.push(after);
        return Promise.resolve({ changes: after < 1 ? [change] : [], upTo: 1, more: false });
      },
    });
    nowMs += 2_501;
    await following.follower.tick();
    expect([asked, inc('team/app'), following.follower.isReady()]).toEqual([[0], 7, true]);
    nowMs += 1_000;
    await following.follower.tick();
    expect(asked).toEqual([0, 1]);
    await app.close();
  });

  it('takes a deletion at first hand, twice, out of order and with its record, and keeps the last', async () => {
    const { following, consumer, inc, app } = await start();
    await following.learn(deletionOf('team/app', 9, nowMs));
    await following.learn(deletionOf('team/app', 9, nowMs));
    await following.learn(deletionOf('team/app', 7, nowMs));
    await consumer.take([consumed(deletionOf('team/app', 9, nowMs))]);
    expect([inc('team/app'), following.copy.epoch]).toEqual([9, 1]);
    await app.close();
  });

  it('gives what one replica was told to the others, by the epoch of their table', async () => {
    const [one, two] = [await start(), await start()];
    await one.following.learn(deletionOf('team/app', 9, nowMs));
    expect(two.inc('team/app')).toBe(0);
    await two.following.copy.refreshTo(one.following.copy.epoch);
    expect(two.inc('team/app')).toBe(9);
    await one.app.close();
    await two.app.close();
  });

  it('a deletion that cannot be read refuses the older tokens for its repository, and the others still count', async () => {
    const { consumer, deletions, inc, app } = await start();
    await consumer.take([unreadable, consumed(deletionOf('b', 8, nowMs))]);
    expect(deletions.isOutdated(registryId, { name: 'team/app', inc: 99 }, nowMs / 1000 - 1)).toBe(true);
    expect(deletions.isOutdated(registryId, { name: 'team/app', inc: 0 }, nowMs / 1000)).toBe(false);
    expect(inc('b')).toBe(8);
    await app.close();
  });

  it('forgets after a day, in memory and in its table, and tells how many it remembers', async () => {
    const metrics = new Metrics('spec', 'spec-1');
    const { following, inc, app } = await start({ metrics });
    await following.learn(deletionOf('team/app', 9, nowMs));
    expect(await metrics.text()).toMatch(/^berth_deleted_repositories{.*} 1$/m);
    nowMs += 24 * 3_600_000 + 1;
    await following.follower.tick();
    expect(inc('team/app')).toBe(0);
    expect(await schema.open().query('select key from followed_record')).toEqual([]);
    expect(await metrics.text()).toMatch(/^berth_deleted_repositories{.*} 0$/m);
    await app.close();
  });
});
