import { installation, type EntryDraft } from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { RefusedEntries } from './refused-entries.js';
import { requestSource } from './request-source.js';
import { TokenBuckets, tooManyRequests } from './token-buckets.js';

describe('TokenBuckets', () => {
  let now = 1_800_000_000_000;
  const clock = () => now;
  const takeAll = (buckets: TokenBuckets, key: string, times: number) =>
    Array.from({ length: times }, () => buckets.take(key)).filter((wait) => wait === null).length;

  it.each([1, 7, 60, 6000])('lets %i through at once, and as many in each minute after', (perMinute) => {
    const buckets = new TokenBuckets({ perMinute, clock });
    expect(takeAll(buckets, 'a', perMinute + 5)).toBe(perMinute);
    now += 60_000;
    expect(takeAll(buckets, 'a', perMinute + 5)).toBe(perMinute);
    now += 60_000 / perMinute;
    expect(takeAll(buckets, 'a', 5)).toBe(1);
  });

  it('keeps keys apart, and 0 is no limit', () => {
    const buckets = new TokenBuckets({ perMinute: 1, clock });
    expect([takeAll(buckets, 'a', 2), takeAll(buckets, 'b', 2)]).toEqual([1, 1]);
    expect(takeAll(new TokenBuckets({ perMinute: 0, clock }), 'a', 1000)).toBe(1000);
  });

  it('says when to come again, not to all the same', () => {
    const waits = [0, 0.5, 0.999].map((random) => {
      const buckets = new TokenBuckets({ perMinute: 2, clock, random: () => random });
      takeAll(buckets, 'a', 2);
      return buckets.take('a');
    });
    expect(waits).toEqual([30, 45, 60]);
  });

  it('takes back what was not due', () => {
    const buckets = new TokenBuckets({ perMinute: 1, clock });
    buckets.take('a');
    buckets.putBack('a');
    expect(takeAll(buckets, 'a', 2)).toBe(1);
  });

  it('holds no more buckets than it may', () => {
    const buckets = new TokenBuckets({ perMinute: 1, clock, mostBuckets: 100 });
    for (let n = 0; n < 10_000; n++) buckets.take(`source-${n}`);
    expect(buckets.size).toBe(100);
  });

  it('OCI 1.1 Error Codes: refuses with TOOMANYREQUESTS and when to come again', () => {
    expect(tooManyRequests(7)).toMatchObject({
      kind: 'rate-limited',
      code: 'TOOMANYREQUESTS',
      retryAfterSeconds: 7,
    });
  });
});

describe('requestSource', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['not an address', 'unknown'],
    [undefined, 'unknown'],
    [null, 'unknown'],
  ])('%s is %s', (address, source) => {
    expect(requestSource(address)).toBe(source);
  });
});

describe('RefusedEntries', () => {
  let now = 1_800_000_000_000;
  const draft = (name: string): EntryDraft => ({
    at: new Date(now).toISOString(),
    account: installation.accountId,
    event: 'token-refused',
    actor: { id: null, name },
    action: null,
    asked: 'repository:a:pull',
    target: { registryId: installation.registryId },
    outcome: 'refused',
    reason: 'wrong-password',
    source: { address: '192.0.2.7', userAgent: 'spec' },
    service: 'identity',
    instance: 'identity-1',
  });

  function started(options: { mostSources?: number } = {}) {
    const entries: EntryDraft[] = [];
    const append = async (entry: EntryDraft) => void entries.push(entry);
    return {
      entries,
      refused: new RefusedEntries({ append, onUnwritten: () => undefined, clock: () => now, ...options }),
    };
  }

  async function refuse(refused: RefusedEntries, source: string, times: number): Promise<void> {
    for (let n = 0; n < times; n++) await refused.enter(source, draft(`${source} ${n}`));
  }

  it('enters 60 of a source and minute one by one, then how many more there were', async () => {
    const { entries, refused } = started();
    await refuse(refused, 'a', 1000);
    await refuse(refused, 'b', 3);
    expect(entries).toHaveLength(63);
    now += 60_000;
    refused.sweep();
    await refused.close();
    expect(entries).toHaveLength(64);
    expect(entries.at(-1)).toEqual({
      at: new Date(now).toISOString(),
      account: installation.accountId,
      event: 'token-refused',
      actor: { id: null, name: 'several' },
      action: null,
      asked: 'count=940',
      target: {},
      outcome: 'refused',
      reason: 'refused-more',
      source: { address: '192.0.2.7', userAgent: 'spec' },
      service: 'identity',
      instance: 'identity-1',
    });
  });

  it('begins anew with each minute, and loses no count at a stop', async () => {
    const { entries, refused } = started();
    await refuse(refused, 'a', 61);
    now += 60_000;
    await refuse(refused, 'a', 62);
    await refused.close();
    expect(entries.filter(({ reason }) => reason === 'refused-more').map(({ asked }) => asked)).toEqual([
      'count=1',
      'count=2',
    ]);
    await refuse(refused, 'a', 100);
    expect(entries).toHaveLength(60 + 60 + 2 + 100);
  });

  it('enters nothing of malformed requests without a credential but their number', async () => {
    const { entries, refused } = started();
    refused.count('a', draft('x'));
    refused.count('a', draft('y'));
    await refused.close();
    expect(entries.map(({ asked }) => asked)).toEqual(['count=2']);
  });

  it('counts so many sources at once, and writes what it has of one that must go', async () => {
    const { entries, refused } = started({ mostSources: 2 });
    await refuse(refused, 'a', 70);
    await refuse(refused, 'b', 1);
    await refuse(refused, 'c', 1);
    expect(entries.filter(({ reason }) => reason === 'refused-more')).toMatchObject([{ asked: 'count=10' }]);
    await refused.close();
  });
});
