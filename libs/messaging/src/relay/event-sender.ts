/** One record for Kafka. */
export interface OutgoingMessage {
  readonly key: string;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The partition to write to; chosen by the key when left out. */
  readonly partition?: number;
}

/** Records for one topic. */
export interface OutgoingBatch {
  readonly topic: string;
  readonly messages: readonly OutgoingMessage[];
  readonly gzip?: boolean;
}

/** All that the relay needs of Kafka. */
export interface EventSender {
  /**
   * Resolves once every replica in sync has the records, in the given order within each partition.
   *
   * @throws when that isn't certain; the records may be there or not
   */
  send(batch: OutgoingBatch): Promise<void>;
  /**
   * The id of the cluster that `send` writes to, asked each time.
   *
   * @throws when Kafka doesn't answer
   */
  clusterId(): Promise<string>;
}
