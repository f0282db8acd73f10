import { activityTopics } from '@berth/contracts';
import { createKafka, EventProducer, KafkaStrategy, Outbox, OutboxRelay, Spool, SpoolShipper } from '@berth/messaging';
import { Database } from '@berth/persistence';
import type { Provider } from '@nestjs/common';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { Background } from './background.js';
import { CLOCK } from './clock.js';
import type { FoundationOptions } from './foundation-options.js';
import { LifeCycle } from './life-cycle.js';
import { openDatabase, openRelayDatabase } from './open-database.js';
import { LOGGER } from './runtime.js';

const RELAY_DATABASE = Symbol('RelayDatabase');

/**
 * What every service stands on, for the providers of its root module: `Database`, `Outbox`, `Spool`, `KafkaStrategy`,
 * `Background`, the clock and the log, and what sends and ends in the background. Nothing talks to Kafka before the
 * application has started.
 */
export function foundationProviders(options: FoundationOptions): readonly Provider[] {
  return [
    { provide: CLOCK, useValue: options.runtime.clock },
    { provide: LOGGER, useValue: options.runtime.logger },
    ...databases(options),
    ...kafka(options),
    ...outbox(options),
    ...spool(options),
    ...background(),
  ];
}

function databases(options: FoundationOptions): readonly Provider[] {
  return [
    { provide: Database, useFactory: () => openDatabase(options) },
    { provide: RELAY_DATABASE, useFactory: () => openRelayDatabase(options) },
  ];
}

function kafka({ service, runtime, consumes }: FoundationOptions): readonly Provider[] {
  const { config, logger, clock } = runtime;
  const { BERTH_INSTANCE: instance, BERTH_KAFKA_BROKERS: brokers } = config;
  const connection = createKafka({ brokers: [...brokers], clientId: `${service}.${instance}`, logger });
  return [
    { provide: EventProducer, useFactory: () => new EventProducer(connection, logger) },
    {
      provide: KafkaStrategy,
      useFactory: () =>
        new KafkaStrategy({ kafka: connection, service, instance, boot: uuidv7(), topics: consumes, logger, clock }),
    },
  ];
}

function outbox({ service, runtime, publishes }: FoundationOptions): readonly Provider[] {
  const { config, logger, metrics, clock } = runtime;
  const instance = config.BERTH_INSTANCE;
  return [
    {
      provide: OutboxRelay,
      inject: [RELAY_DATABASE, EventProducer],
      useFactory: (db: Database, producer: EventProducer) =>
        new OutboxRelay({ db, producer, service, instance, stateTopics: publishes, logger, metrics }),
    },
    {
      provide: Outbox,
      inject: [OutboxRelay],
      useFactory: (relay: OutboxRelay) => new Outbox({ service, instance, clock, wake: () => relay.wake() }),
    },
  ];
}

function spool({ service, runtime }: FoundationOptions): readonly Provider[] {
  const { config, logger, metrics, clock } = runtime;
  const { BERTH_INSTANCE: instance, BERTH_DATA_DIR: dataDir } = config;
  return [
    { provide: Spool, useFactory: () => Spool.open({ dir: join(dataDir, 'spool'), service, instance, clock, logger }) },
    {
      provide: SpoolShipper,
      inject: [Spool, EventProducer],
      useFactory: (opened: Spool, producer: EventProducer) =>
        new SpoolShipper({ spool: opened, producer, topic: activityTopics[service], logger, metrics }),
    },
  ];
}

type Running = [EventProducer, OutboxRelay, Spool, SpoolShipper, Database, Database];

function background(): readonly Provider[] {
  return [
    {
      provide: LifeCycle,
      inject: [EventProducer, OutboxRelay, Spool, SpoolShipper, Database, RELAY_DATABASE],
      useFactory: (...[producer, relay, opened, shipper, ...databasesOpen]: Running) =>
        new LifeCycle(producer, relay, opened, shipper, databasesOpen),
    },
    {
      provide: Background,
      inject: [KafkaStrategy, OutboxRelay, SpoolShipper],
      useFactory: (strategy: KafkaStrategy, relay: OutboxRelay, shipper: SpoolShipper) =>
        new Background(strategy, relay, shipper),
    },
  ];
}
