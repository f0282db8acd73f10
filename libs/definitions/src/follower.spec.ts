import type { ChangesPage } from '@berth/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { SpecFollower, startMs } from './follower.suite.js';

const change = (n: number) => ({ topic: 't', key: `k${n}`, change: n, data: { version: n } });

let spec: SpecFollower;

beforeEach(() => {
  spec = new SpecFollower();
  spec.follower.start();
});

describe('when a copy may be decided on', () => {
  it('once every topic was read to the end seen at start and the first record is there', () => {
    spec.one.caughtUp = true;
    spec.hasFirstRecord = true;
    expect(spec.follower.isReady()).toBe(false);
    spec.two.caughtUp = true;
    spec.hasFirstRecord = false;
    expect(spec.follower.isReady()).toBe(false);
    spec.hasFirstRecord = true;
    expect(spec.follower.isReady()).toBe(true);
  });

  it('from the stored copy only when Kafka has given no answer for 10 s', () => {
    spec.hasFirstRecord = true;
    spec.nowMs += 9_999;
    expect(spec.follower.isReady()).toBe(false);
    spec.nowMs += 1;
    expect(spec.follower.isReady()).toBe(true);
  });

  it('not from the stored copy while Kafka answers, however slowly', () => {
    spec.hasFirstRecord = true;
    spec.two.answered = true;
    spec.nowMs += 60_000;
    expect(spec.follower.isReady()).toBe(false);
  });

  it('never from a stored copy without the first record', () => {
    spec.nowMs += 60_000;
    expect(spec.follower.isReady()).toBe(false);
  });

  it('once the owner has answered with everything', async () => {
    spec.answer = () => Promise.reject(new Error('no answer'));
    await spec.after(2_501);
    spec.hasFirstRecord = true;
    expect(spec.follower.isReady()).toBe(false);
    spec.answer = () => Promise.resolve({ changes: [], upTo: 3, more: false });
    await spec.after(1_000);
    expect(spec.follower.isReady()).toBe(true);
  });

  it('and from then on', () => {
    spec.hasFirstRecord = true;
    spec.beat(1);
    expect(spec.follower.isReady()).toBe(true);
    spec.one.caughtUp = false;
    spec.hasFirstRecord = false;
    expect(spec.follower.isReady()).toBe(true);
  });
});

describe('while Kafka is silent', () => {
  it('the owner is asked at once after 2.5 s, then every second, from the last safe change on', async () => {
    spec.one.beat(40);
    spec.two.beat(30);
    spec.answer = (after) => Promise.resolve({ changes: [change(after + 1)], upTo: after + 1, more: false });
    await spec.after(2_500);
    expect(spec.polled).toEqual([]);
    await spec.after(1);
    expect(spec.polled).toEqual([30]);
    for (const ms of [250, 250, 250, 249]) await spec.after(ms);
    expect(spec.polled).toEqual([30]);
    await spec.after(1);
    expect(spec.polled).toEqual([30, 31]);
    expect(spec.stored).toEqual([31, 32]);
  });

  it('one silent topic is enough', async () => {
    spec.beat(5);
    await spec.after(2_000);
    spec.one.beat(6);
    await spec.after(501);
    expect(spec.polled).toEqual([5]);
  });

  it('all pages are read at once', async () => {
    spec.answer = (after) => Promise.resolve({ changes: [change(after + 1)], upTo: after + 1, more: after < 3 });
    await spec.after(2_501);
    expect(spec.polled).toEqual([0, 1, 2, 3]);
    expect(spec.stored).toEqual([1, 2, 3, 4]);
  });

  it('it ends when heartbeats return, and begins from the safe change again', async () => {
    spec.answer = () => Promise.resolve({ changes: [], upTo: 50, more: false });
    await spec.after(2_501);
    spec.beat(60);
    await spec.after(250);
    expect(spec.polled).toEqual([0]);
    await spec.after(2_500);
    expect(spec.polled).toEqual([0, 60]);
  });

  it('an owner that does not answer is asked again a second later, from the same place', async () => {
    spec.beat(7);
    spec.answer = () => Promise.reject(new Error('no answer'));
    await spec.after(2_501);
    await spec.after(999);
    await spec.after(1);
    expect(spec.polled).toEqual([7, 7]);
  });

  it('a failure in the middle goes on where it was', async () => {
    spec.answer = (after) =>
      after === 1 ? Promise.reject(new Error('gone')) : Promise.resolve({ changes: [], upTo: after + 1, more: true });
    await spec.after(2_501);
    expect(spec.polled).toEqual([0, 1]);
    spec.answer = (after) => Promise.resolve({ changes: [], upTo: after + 1, more: false });
    await spec.after(1_000);
    expect(spec.polled[2]).toBeLessThanOrEqual(1);
  });

  it('an owner that has less than before is read from the beginning', async () => {
    spec.beat(100);
    spec.answer = (after) => Promise.resolve({ changes: [], upTo: Math.min(after, 20), more: false });
    await spec.after(2_501);
    await spec.after(1_000);
    expect(spec.polled).toEqual([100, 0]);
  });

  it('nothing is asked twice at the same time', async () => {
    let give: (page: ChangesPage) => void = () => undefined;
    spec.answer = () => new Promise((resolve) => (give = resolve));
    spec.nowMs += 2_501;
    const looks = [spec.follower.tick(), spec.follower.tick()];
    spec.nowMs += 5_000;
    looks.push(spec.follower.tick());
    expect(spec.polled).toEqual([0]);
    give({ changes: [], upTo: 0, more: false });
    await Promise.all(looks);
    expect(spec.polled).toEqual([0]);
  });
});

describe('the age of a copy', () => {
  it('is unknown before anybody has said that it is whole', () => {
    expect(spec.follower.ageMs()).toBe(Number.POSITIVE_INFINITY);
    spec.one.beat(3);
    expect(spec.follower.ageMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not known from a topic that is still being read, nor from one that nothing was published to', () => {
    spec.beat(3);
    spec.one.caughtUp = false;
    expect(spec.follower.ageMs()).toBe(Number.POSITIVE_INFINITY);
    spec.beat(0);
    expect(spec.follower.ageMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is the time since the last heartbeat of the topic that is silent longest', () => {
    spec.beat(3);
    spec.nowMs += 700;
    spec.one.beat(4);
    expect(spec.follower.ageMs()).toBe(700);
    spec.nowMs += 100_000;
    expect(spec.follower.ageMs()).toBe(100_700);
  });

  it('is the time since an answer of the owner was asked for, while Kafka is silent', async () => {
    spec.beat(3);
    spec.answer = () => Promise.resolve({ changes: [], upTo: 3, more: false });
    await spec.after(100_000);
    spec.nowMs += 300;
    expect(spec.follower.ageMs()).toBe(300);
  });

  it('outlives a restart, and is noted once a minute', async () => {
    spec.storedFreshAtMs = startMs - 5_000;
    await spec.after(250);
    expect(spec.follower.ageMs()).toBe(5_250);
    expect(spec.marked).toEqual([]);
    spec.beat(1);
    await spec.after(30_000);
    expect(spec.marked).toEqual([]);
    spec.nowMs += 30_000;
    spec.beat(2);
    await spec.follower.tick();
    expect(spec.marked).toEqual([spec.nowMs]);
  });
});

describe('housekeeping', () => {
  it('drops what has outlived its retention once an hour', async () => {
    for (let minutes = 0; minutes < 121; minutes += 1) {
      spec.beat(1);
      await spec.after(60_000);
    }
    expect(spec.dropped).toBe(2);
  });

  it('stops with its timer, and waits for what is under way', async () => {
    let give: (page: ChangesPage) => void = () => undefined;
    spec.answer = () => new Promise((resolve) => (give = resolve));
    spec.nowMs += 2_501;
    spec.run?.();
    let isStopped = false;
    const stopping = spec.follower.stop().then(() => (isStopped = true));
    expect(spec.run).toBeNull();
    await Promise.resolve();
    expect(isStopped).toBe(false);
    give({ changes: [], upTo: 0, more: false });
    await stopping;
    expect(spec.polled).toEqual([0]);
  });
});
