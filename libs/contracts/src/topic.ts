import type { z } from 'zod';
import type { Service } from './ids.js';

/**
 * A Kafka topic as its contract declares it; `infra/topics` creates it from this, and nothing else does.
 *
 * - `state`: read whole by every process in a group of its own; a record holds the full state of its key.
 * - `work`: one group per consuming service; each record is handled once (at least once).
 */
export interface Topic<Data> {
  /** `<service>.<noun>-<past-verb>.v<N>`; also the CloudEvents `type`. */
  readonly name: string;
  readonly producer: Service;
  readonly delivery: 'state' | 'work';
  readonly cleanup: 'compact' | 'delete';
  /** Only for cleanup `delete`; null for `compact`. */
  readonly retentionMs: number | null;
  readonly partitions: number;
  readonly schema: z.ZodType<Data>;
  /** The record's key; one key keeps its order within a partition except across a hand-over of the relay. */
  readonly keyOf: (data: Data) => string;
}

/** A topic whose records carry the version by which a consumer holds. */
export type StateTopic<Data extends { version: number } = { version: number }> = Topic<Data> & {
  readonly delivery: 'state';
};

const hourMs = 3_600_000;

/** Declares a compacted state topic: the last record of each key stays for ever. */
export function compactedTopic<Data extends { version: number }>(
  topic: Pick<Topic<Data>, 'name' | 'producer' | 'partitions' | 'schema' | 'keyOf'>,
): StateTopic<Data> {
  return { ...topic, delivery: 'state', cleanup: 'compact', retentionMs: null };
}

/** Declares a state topic whose records matter only for a day, as minima do (a token lives an hour at most). */
export function dayLongStateTopic<Data extends { version: number }>(
  topic: Pick<Topic<Data>, 'name' | 'producer' | 'partitions' | 'schema' | 'keyOf'>,
): StateTopic<Data> {
  return { ...topic, delivery: 'state', cleanup: 'delete', retentionMs: 24 * hourMs };
}

/** Declares a work topic, kept for a week so that a consumer may be away that long. */
export function workTopic<Data>(
  topic: Pick<Topic<Data>, 'name' | 'producer' | 'partitions' | 'schema' | 'keyOf'>,
): Topic<Data> & { readonly delivery: 'work' } {
  return { ...topic, delivery: 'work', cleanup: 'delete', retentionMs: 7 * 24 * hourMs };
}
