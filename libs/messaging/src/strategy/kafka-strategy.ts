import { AppError } from '@berth/errors';
import { BaseRpcContext, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { Logger } from '@berth/telemetry';
import { isObservable, lastValueFrom } from 'rxjs';
import type { KafkaConnection } from '../kafka/connection.js';
import type { ConsumableTopic } from './consumable-topic.js';
import { consumesMark } from './consumes.js';
import { Delivery, type RecordsHandler } from './delivery.js';
import { StateConsumer } from './state-consumer.js';
import type { StateProgress } from './state-progress.js';
import { StateReading } from './state-reading.js';
import { WorkConsumer } from './work-consumer.js';

/** What {@link KafkaStrategy} is made with. */
export interface KafkaStrategyOptions {
  readonly kafka: KafkaConnection;
  readonly service: string;
  readonly instance: string;
  /** Differs at each start of the process (a uuid); names the group in which it reads its state topics. */
  readonly boot: string;
  /** Those that the controllers may consume; one that no controller consumes is not read. */
  readonly topics: readonly ConsumableTopic[];
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * How Nest's controllers get records of Kafka: methods with `@Consumes(topic)`.
 *
 * All state topics of a process are read by one consumer in a group of the process's own
 * (`<service>.<instance>.<boot>.state.<n>`), whole and from the beginning; all work topics by another, in the group
 * `<service>`, each record by one process of the service. Kafka needn't be there at the start, nor stay: both consumers
 * try for ever. A topic whose records can't be handled stops, the others go on, and {@link failures} says so.
 */
export class KafkaStrategy extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  override transportId = Symbol('berth-kafka');
  private readonly handlers = new Map<string, RecordsHandler[]>();
  private readonly readings = new Map<string, StateReading>();
  private readonly stopping = new AbortController();
  private readonly delivery: Delivery;
  private readonly consumers: { start(): void; stop(): Promise<void> }[] = [];

  constructor(private readonly options: KafkaStrategyOptions) {
    super();
    const { topics, clock, logger } = options;
    for (const { name, partitions } of topics.filter(isState)) {
      this.readings.set(name, new StateReading(partitions, clock));
    }
    this.delivery = new Delivery({
      handlersOf: (topic) => this.handlers.get(topic) ?? [],
      logger,
      signal: this.stopping.signal,
    });
  }

  /** How far a state topic is read. @throws AppError 'bug' for a topic that isn't one of the strategy's state topics */
  progress(topicName: string): StateProgress {
    const reading = this.readings.get(topicName);
    if (reading === undefined) throw bug(`${topicName} is no state topic of this strategy`);
    return reading;
  }

  /** Topics that stopped or wait, one line each with topic, partition, offsets and why; empty when all is well. */
  failures(): string[] {
    return this.delivery.failures();
  }

  /** Nest registers each controller method here. Several methods of one topic are called one after another. */
  override addHandler(pattern: unknown, callback: MessageHandler, isEvent = false, extras: object = {}): void {
    const topic = String(pattern);
    if (!isEvent || !(consumesMark in extras)) throw bug(`${topic}: a consumer is declared with @Consumes(topic)`);
    if (!this.options.topics.some(({ name }) => name === topic)) throw bug(`${topic} is no topic of this strategy`);
    callback.isEventHandler = true;
    callback.extras = extras;
    this.messageHandlers.set(topic, callback);
    this.handlers.set(topic, [...(this.handlers.get(topic) ?? []), (records) => call(callback, records)]);
  }

  /** Starts the consumers in the background; Nest's start never waits for Kafka. */
  listen(callback: () => void): void {
    const consumed = this.options.topics.filter(({ name }) => this.handlers.has(name));
    const state = consumed.filter(isState);
    const work = consumed.filter((topic) => !isState(topic));
    if (state.length > 0) this.consumers.push(this.stateConsumer(state));
    if (work.length > 0) this.consumers.push(this.workConsumer(work));
    for (const consumer of this.consumers) consumer.start();
    callback();
  }

  /** Leaves the groups; waits for batches in work, 5 s at most. */
  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
  }

  /** The strategy has no events. */
  on(): void {}

  unwrap<T>(): T {
    throw bug('the client is not handed out');
  }

  private stateConsumer(topics: readonly ConsumableTopic[]): StateConsumer {
    const { kafka, service, instance, boot, logger, clock } = this.options;
    const read = topics.flatMap((topic) => {
      const reading = this.readings.get(topic.name);
      return reading === undefined ? [] : [[topic.name, { topic, reading }] as const];
    });
    return new StateConsumer({
      kafka,
      groupId: `${service}.${instance}.${boot}.state`,
      topics: new Map(read),
      delivery: this.delivery,
      logger: logger.child({ consumer: 'state' }),
      clock,
    });
  }

  private workConsumer(topics: readonly ConsumableTopic[]): WorkConsumer {
    const { kafka, service, logger, clock } = this.options;
    return new WorkConsumer({
      kafka,
      groupId: service,
      topics: new Map(topics.map((topic) => [topic.name, topic])),
      delivery: this.delivery,
      logger: logger.child({ consumer: 'work' }),
      clock,
    });
  }
}

/** Nest answers with a promise of the method's value, or of an observable that carries its error. */
async function call(callback: MessageHandler, records: readonly unknown[]): Promise<void> {
  const answer: unknown = await callback(records, new BaseRpcContext([]));
  if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
}

function isState(topic: ConsumableTopic): boolean {
  return topic.delivery === 'state';
}

function bug(message: string): AppError {
  return new AppError({ kind: 'bug', message });
}
