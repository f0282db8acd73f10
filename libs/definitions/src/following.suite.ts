import type { ConsumedEvent, StateProgress, UnreadableRecord } from '@berth/messaging';
import type { FollowingOptions } from './following.js';
import { silentLogger, uuidOf, type SpecSchema } from './state-copy.suite.js';

export const nowMs = Date.parse('2026-11-21T12:00:00Z');

/** Kafka that has been read to its end and is heard. */
export const progress: StateProgress = {
  ...{ caughtUp: true, answered: true },
  silentForMs: () => 0,
  safeChange: () => 1,
};

/** What follows an owner that has nothing new, and never looks by itself. */
export function followingOptions(schema: SpecSchema): FollowingOptions {
  return {
    db: schema.open(),
    clock: () => nowMs,
    logger: silentLogger,
    progressOf: () => progress,
    poll: () => Promise.resolve({ changes: [], upTo: 0, more: false }),
    repeat: () => () => undefined,
  };
}

export function consumed<Data>(topic: string, key: string, data: Data): ConsumedEvent<Data> {
  const place = { topic, partition: 0, offset: '1', key };
  return { ...place, id: uuidOf(1), at: new Date(nowMs), change: 1, traceparent: null, data };
}

export function unreadable(
  topic: string,
  key: string,
  timestampMs = nowMs,
  said: unknown = undefined,
): UnreadableRecord {
  return { topic, partition: 0, offset: '2', key, unreadable: true, timestampMs, reason: 'not ours', said };
}
