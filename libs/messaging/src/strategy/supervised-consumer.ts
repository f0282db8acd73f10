import { errorMessage } from '@berth/errors';
import type { Logger } from '@berth/telemetry';
import type { Batch, Consumer, ConsumerConfig, EachBatchPayload } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import type { KafkaConnection } from '../kafka/connection.js';
import { within } from '../kafka/within.js';

/** What became of a batch: handled up to an offset (null: nothing of it), and whether its topic is read on. */
export interface BatchOutcome {
  readonly handledUpTo: string | null;
  readonly readOn: boolean;
}

/** What a consumer reads, and what it does with it. */
export interface ConsumerPlan {
  readonly topics: readonly string[];
  /** The group, by how many consumers there were before this one. */
  readonly groupId: (life: number) => string;
  readonly config: Omit<ConsumerConfig, 'groupId'> & { readonly heartbeatInterval: number };
  /** Whether the group remembers what was handled; without it every start reads from the beginning. */
  readonly commits: boolean;
  readonly handle: (batch: Batch) => Promise<BatchOutcome>;
  /** A batch whose records compaction had removed, up to `lastOffset`. */
  readonly skipped?: (batch: { topic: string; partition: number; lastOffset: string }) => void;
  readonly connected?: () => void;
  readonly joined?: () => void;
}

/** What {@link SupervisedConsumer} is made with. */
export interface SupervisedConsumerOptions {
  readonly kafka: KafkaConnection;
  readonly plan: ConsumerPlan;
  readonly logger: Logger;
  readonly clock: () => number;
  /** Without any sign of life for so long a consumer is replaced; default 30 s. */
  readonly stuckAfterMs?: number;
}

const stopLimitMs = 5_000;
const firstBackOffMs = 250;
const lastBackOffMs = 2_000;

/**
 * Keeps one consumer of the client alive for ever: when it crashes, can't connect or shows no sign of life, another takes
 * its place. The client's own restart is switched off, so that there is one way to go on and not two.
 */
export class SupervisedConsumer {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private signOfLifeMs = 0;
  private handling = 0;
  private lives = 0;
  private failedLives = 0;

  constructor(private readonly options: SupervisedConsumerOptions) {}

  /** Begins in the background; returns at once. */
  start(): void {
    this.running = this.run();
  }

  /** Leaves the group; waits for the batch in work, 5 s at most. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const why = await this.live();
      if (signal.aborted) return;
      const backOffMs = Math.min(firstBackOffMs * 2 ** this.failedLives, lastBackOffMs);
      this.options.logger[levelOf(this.failedLives)](`starting again in ${backOffMs} ms: ${why}`);
      this.failedLives += 1;
      await pause(backOffMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One consumer from its making to its end; resolves with what ended it. */
  private async live(): Promise<string> {
    const { plan, kafka } = this.options;
    const end = Promise.withResolvers<string>();
    const consumer = kafka.client.consumer({
      ...plan.config,
      groupId: plan.groupId(this.lives),
      allowAutoTopicCreation: false,
      retry: { retries: 3, restartOnFailure: async () => false },
    });
    this.lives += 1;
    this.observe(consumer, end.resolve);
    const watchdog = setInterval(() => this.watch(end.resolve), 1_000);
    const onStop = () => end.resolve('it is stopped');
    this.stopping.signal.addEventListener('abort', onStop);
    try {
      this.begin(consumer).catch((e: unknown) => end.resolve(errorMessage(e)));
      return await end.promise;
    } finally {
      clearInterval(watchdog);
      this.stopping.signal.removeEventListener('abort', onStop);
      await this.disconnect(consumer);
    }
  }

  private async begin(consumer: Consumer): Promise<void> {
    const { plan } = this.options;
    this.signOfLifeMs = this.options.clock();
    await consumer.connect();
    plan.connected?.();
    await consumer.subscribe({ topics: [...plan.topics], fromBeginning: true });
    await consumer.run({
      // The client commits after each batch what has been resolved by then, and that is what the handler finished.
      autoCommit: plan.commits,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.eachBatch(consumer, payload),
    });
  }

  private async eachBatch(consumer: Consumer, { batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const { plan, logger } = this.options;
    // A handler may take longer than the group's patience; a failed heartbeat shows again at the client's next own one.
    const beating = setInterval(() => {
      heartbeat().catch((e: unknown) => logger.debug({ err: e }, 'no heartbeat while a batch was handled'));
    }, plan.config.heartbeatInterval);
    this.handling += 1;
    try {
      const outcome = await plan.handle(batch);
      if (outcome.handledUpTo !== null) resolveOffset(outcome.handledUpTo);
      if (!outcome.readOn) consumer.pause([{ topic: batch.topic }]);
    } finally {
      this.handling -= 1;
      clearInterval(beating);
    }
  }

  private observe(consumer: Consumer, ended: (why: string) => void): void {
    const { plan, logger, clock } = this.options;
    const alive = () => {
      this.signOfLifeMs = clock();
    };
    consumer.on('consumer.fetch', alive);
    consumer.on('consumer.heartbeat', alive);
    consumer.on('consumer.end_batch_process', ({ payload }) => {
      alive();
      if (payload.batchSize === 0) plan.skipped?.(payload);
    });
    consumer.on('consumer.group_join', ({ payload }) => {
      alive();
      this.failedLives = 0;
      logger.info({ partitions: payload.memberAssignment }, 'the consumer has joined its group');
      plan.joined?.();
    });
    consumer.on('consumer.crash', ({ payload }) => ended(errorMessage(payload.error)));
  }

  private watch(ended: (why: string) => void): void {
    const { clock, stuckAfterMs = 30_000 } = this.options;
    const silentMs = clock() - this.signOfLifeMs;
    if (this.handling === 0 && silentMs > stuckAfterMs) ended(`no sign of life for ${silentMs} ms`);
  }

  private async disconnect(consumer: Consumer): Promise<void> {
    try {
      await within(stopLimitMs, 'disconnecting from Kafka', consumer.disconnect());
    } catch (e) {
      this.options.logger.debug({ err: e }, 'the consumer did not disconnect in order');
    }
  }
}

/** A new broker refuses a while, so one failure is no news; a lasting one is said once. */
function levelOf(failedLives: number): 'info' | 'warn' | 'debug' {
  if (failedLives === 0) return 'info';
  return failedLives === 3 ? 'warn' : 'debug';
}
