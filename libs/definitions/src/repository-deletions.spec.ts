import { beforeEach, describe, expect, it } from 'vitest';
import { RepositoryDeletions } from './repository-deletions.js';
import { deletionOf, registryId, uuidOf } from './state-copy.suite.js';

const startMs = Date.parse('2026-11-21T12:00:00Z');
const startSeconds = startMs / 1000;
const hourMs = 3_600_000;
/** The longest life of a token and a leeway for each of two clocks. */
const tokenLifeMs = hourMs + 120_000;
let nowMs: number;
let deletions: RepositoryDeletions;

beforeEach(() => {
  nowMs = startMs;
  deletions = new RepositoryDeletions(() => nowMs);
});

const inc = (name: string) => deletions.incarnationOf(registryId, name);
const isOutdated = (name: string, had: number, issuedAtSeconds = startSeconds) =>
  deletions.isOutdated(registryId, { name, inc: had }, issuedAtSeconds);

describe('the incarnation of a repository', () => {
  it('is 0 until its name is deleted, and then the version of the last deletion', () => {
    expect(inc('team/app')).toBe(0);
    deletions.apply(deletionOf('team/app', 7, nowMs));
    expect(inc('team/app')).toBe(7);
    deletions.apply(deletionOf('team/app', 12, nowMs));
    expect(inc('team/app')).toBe(12);
  });

  it('is of that name in that registry alone', () => {
    deletions.apply(deletionOf('team/app', 7, nowMs));
    expect([inc('team'), inc('team/app/sub'), inc('team/app2'), inc('__proto__')]).toEqual([0, 0, 0, 0]);
    expect(deletions.incarnationOf(uuidOf(9), 'team/app')).toBe(0);
    expect(deletions.isOutdated(uuidOf(9), { name: 'team/app', inc: 0 }, startSeconds)).toBe(false);
  });

  it('only rises, in whatever order deletions come and however often', () => {
    for (const version of [5, 9, 2, 9, 7]) deletions.apply(deletionOf('team/app', version, nowMs));
    expect(inc('team/app')).toBe(9);
    expect(deletions.size).toBe(1);
  });

  it('is forgotten after a day, and what is older than that is not taken in at all', () => {
    deletions.apply(deletionOf('team/app', 7, nowMs));
    nowMs += 24 * hourMs - 1;
    expect(inc('team/app')).toBe(7);
    nowMs += 1;
    expect([inc('team/app'), deletions.size]).toEqual([0, 0]);
    deletions.apply(deletionOf('team/app', 7, nowMs - 24 * hourMs));
    expect(deletions.size).toBe(0);
  });

  it('is remembered for a day after the last deletion, not the first', () => {
    deletions.apply(deletionOf('team/app', 9, nowMs));
    deletions.apply(deletionOf('team/app', 7, nowMs - 20 * hourMs));
    nowMs += 23 * hourMs;
    expect(inc('team/app')).toBe(9);
  });

  it('of a deletion dated in the future is forgotten a day after it came', () => {
    deletions.apply(deletionOf('team/app', 7, nowMs + 1_000 * hourMs));
    nowMs += 24 * hourMs;
    expect([inc('team/app'), deletions.size]).toEqual([0, 0]);
  });

  it('leaves memory a few at a time, so that many deletions never stop the pulls', () => {
    for (let n = 0; n < 10_000; n += 1) deletions.apply(deletionOf(`app-${n}`, n + 1, nowMs));
    nowMs += 24 * hourMs;
    expect(inc('app-9999')).toBe(0);
    expect(deletions.size).toBe(10_000 - 8);
    for (let n = 0; n < 1_250; n += 1) isOutdated('other', 0);
    expect(deletions.size).toBe(0);
  });
});

describe('a token for a repository', () => {
  it('is outdated when it names a lower incarnation than the last deletion, whenever it was issued', () => {
    expect(isOutdated('team/app', 0)).toBe(false);
    deletions.apply(deletionOf('team/app', 7, nowMs));
    expect([isOutdated('team/app', 0), isOutdated('team/app', 6, startSeconds + 60)]).toEqual([true, true]);
    expect([isOutdated('team/app', 7), isOutdated('team/app', 8)]).toEqual([false, false]);
    expect(isOutdated('other', 0)).toBe(false);
  });

  it('is compared as long as one of before the deletion can be alive: then identity may forget, and tokens name 0', () => {
    deletions.apply(deletionOf('team/app', 7, nowMs));
    nowMs += tokenLifeMs - 1;
    expect(isOutdated('team/app', 0)).toBe(true);
    nowMs += 1;
    expect(isOutdated('team/app', 0)).toBe(false);
    expect(inc('team/app')).toBe(7);
  });

  it('is outdated when it was issued before a deletion that could not be read, whatever it names', () => {
    const key = `${registryId}/team/app`;
    deletions.refuseIssuedBefore(key, startMs + 500);
    expect([isOutdated('team/app', 99), isOutdated('team/app', 0, startSeconds + 1)]).toEqual([true, false]);
    deletions.apply(deletionOf('team/app', 7, nowMs));
    expect(inc('team/app')).toBe(7);
    expect([isOutdated('team/app', 7), isOutdated('team/app', 0, startSeconds + 1)]).toEqual([true, true]);
    expect(isOutdated('team/app', 7, startSeconds + 1)).toBe(false);
    nowMs += tokenLifeMs;
    expect(isOutdated('team/app', 99, startSeconds - 10)).toBe(false);
  });

  it('keeps its incarnation when a later deletion cannot be read', () => {
    deletions.apply(deletionOf('team/app', 7, nowMs));
    deletions.refuseIssuedBefore(`${registryId}/team/app`, nowMs);
    expect(inc('team/app')).toBe(7);
  });
});
