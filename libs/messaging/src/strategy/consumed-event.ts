import type { DecodedEvent } from '../envelope/event-envelope.js';

/** Where a record stands. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's 64-bit number, in decimal. */
  readonly offset: string;
  readonly key: string;
}

/** One event as a handler gets it; `data` has passed the topic's schema. */
export interface ConsumedEvent<Data> extends RecordPlace, DecodedEvent<Data> {}

/** A record of a state topic that isn't what its contract says, so that a copy can fail closed for its key. */
export interface UnreadableRecord extends RecordPlace {
  readonly unreadable: true;
  readonly timestampMs: number;
  readonly reason: string;
  /** Its `data`, unchecked: only to find out what must be distrusted; undefined when it has none. */
  readonly said: unknown;
}

/** What a handler of a state topic gets; tell them apart by `'unreadable' in record`. */
export type StateRecord<Data> = ConsumedEvent<Data> | UnreadableRecord;
