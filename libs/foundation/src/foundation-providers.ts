import { activityTopics } from '@berth/contracts';
import { createKafka, EventProducer, KafkaStrategy, Outbox, OutboxRelay, Spool, SpoolShipper } from '@berth/messaging';
import { Database } from '@berth/persistence';
import type { Provider } from '@nestjs/common';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { FoundationOptions } from './foundation.js';
import { LifeCycle } from './life-cycle.js';
import { openDatabase, openRelayDatabase } from './open-database.js';

const RELAY_DATABASE = Symbol('RELAY_DATABASE');

/**
 * What every service stands on, for the providers of its root module: `Database`, `Outbox`, `Spool`, `KafkaStrategy`, and what
 * sends and ends in the background. Nothing talks to Kafka before the application has started.
 */
export function foundationProviders(options: FoundationOptions): readonly Provider[] {
  return [...databases(options), ...kafka(options), ...outbox(options), ...spool(options), lifeCycle()];
}

function databases(options: FoundationOptions): readonly Provider[] {
  return [
    { provide: Database, useFactory: () => openDatabase(options) },
    { provide: RELAY_DATABASE, useFactory: () => openRelayDatabase(options) },
  ];
}

function kafka({ service, instance, kafkaBrokers, consumes, logger, clock }: FoundationOptions): readonly Provider[] {
  const connection = createKafka({ brokers: [...kafkaBrokers], clientId: `${service}.${instance}`, logger });
  return [
    { provide: EventProducer, useFactory: () => new EventProducer(connection, logger) },
    {
      provide: KafkaStrategy,
      useFactory: () =>
        new KafkaStrategy({ kafka: connection, service, instance, boot: uuidv7(), topics: consumes, logger, clock }),
    },
  ];
}

function outbox({ service, instance, publishes, clock, logger, metrics }: FoundationOptions): readonly Provider[] {
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

function spool({ service, instance, dataDir, clock, logger, metrics }: FoundationOptions): readonly Provider[] {
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

function lifeCycle(): Provider {
  return {
    provide: LifeCycle,
    inject: [EventProducer, OutboxRelay, Spool, SpoolShipper, Database, RELAY_DATABASE],
    useFactory: (
      ...[producer, relay, opened, shipper, ...opens]: [
        EventProducer,
        OutboxRelay,
        Spool,
        SpoolShipper,
        Database,
        Database,
      ]
    ) => new LifeCycle(producer, relay, opened, shipper, opens),
  };
}
