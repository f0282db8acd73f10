import { readInternalKeys } from '@berth/config';
import { activityTopics, changeTopics, definitionChanged, minimumRaised, signingKeyChanged } from '@berth/contracts';
import { followIdentity, followPolicy } from '@berth/definitions';
import { followedOwner, foundationProviders, type Runtime } from '@berth/foundation';
import { InternalClient, SERVICE_SURFACE } from '@berth/http';
import { Spool } from '@berth/messaging';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { AppendActivityConsumer } from './append-activity/append-activity.consumer.js';
import { AppendActivity } from './append-activity/append-activity.js';
import { AppendChangesConsumer } from './append-changes/append-changes.consumer.js';
import { AppendChanges } from './append-changes/append-changes.js';
import type { AuditConfig } from './config.js';
import { ConsumedEventStore } from './consumed-event.js';
import { EntryLog } from './entry-log.js';
import { ForgetConsumed } from './forget-consumed/forget-consumed.js';
import { LastUseStore } from './last-use.js';
import { ListEntriesController } from './list-entries/list-entries.controller.js';
import { ListEntries } from './list-entries/list-entries.js';
import { ReadLastUsedController } from './read-last-used/read-last-used.controller.js';
import { Report } from './report.js';
import { SpoolBootStore } from './spool-boot.js';
import { PostgresConsumedEventStore } from './storage/consumed-event.store.js';
import { PostgresEntryLog } from './storage/entry-log.store.js';
import { PostgresLastUseStore } from './storage/last-use.store.js';
import { PostgresSpoolBootStore } from './storage/spool-boot.store.js';
import { Readiness, surfaceOf } from './surface.js';

const stores: readonly Provider[] = [
  { provide: EntryLog, useClass: PostgresEntryLog },
  { provide: SpoolBootStore, useClass: PostgresSpoolBootStore },
  { provide: LastUseStore, useClass: PostgresLastUseStore },
  { provide: ConsumedEventStore, useClass: PostgresConsumedEventStore },
];

const useCases: readonly Provider[] = [AppendActivity, AppendChanges, ListEntries, ForgetConsumed];

/** Binds everything of audit together. */
@Module({})
export class AppModule {
  static with(runtime: Runtime<AuditConfig>): DynamicModule {
    const keys = readInternalKeys(runtime.config.BERTH_INTERNAL_KEY_FILE);
    const { BERTH_IDENTITY_URL, BERTH_POLICY_URL } = runtime.config;
    const ask = (service: string, baseUrls: readonly string[]) =>
      new InternalClient({ service, baseUrls, key: keys[0] });
    const following = [
      followIdentity(followedOwner(runtime, ask('identity', BERTH_IDENTITY_URL))),
      followPolicy(followedOwner(runtime, ask('policy', BERTH_POLICY_URL))),
    ];
    return {
      module: AppModule,
      controllers: [
        ListEntriesController,
        ReadLastUsedController,
        AppendActivityConsumer,
        AppendChangesConsumer,
        ...following.flatMap(({ controllers }) => controllers),
      ],
      providers: [
        ...foundation(runtime),
        ...stores,
        report(runtime),
        ...useCases,
        ...following.flatMap(({ providers }) => providers),
        Readiness,
        {
          provide: SERVICE_SURFACE,
          inject: [Readiness, Report],
          useFactory: (readiness: Readiness, told: Report) => surfaceOf(runtime, keys, { readiness, report: told }),
        },
      ],
    };
  }
}

function report({ config, logger, metrics, clock }: Runtime<AuditConfig>): Provider {
  return {
    provide: Report,
    inject: [Spool],
    useFactory: (spool: Spool) => new Report({ spool, logger, metrics, clock, instance: config.BERTH_INSTANCE }),
  };
}

function foundation(runtime: Runtime<AuditConfig>): readonly Provider[] {
  const followed = [definitionChanged, minimumRaised, signingKeyChanged];
  return foundationProviders({
    service: 'audit',
    runtime,
    databaseUrl: runtime.config.BERTH_AUDIT_DATABASE_URL,
    consumes: [...followed, ...Object.values(activityTopics), ...Object.values(changeTopics)],
    publishes: [],
  });
}
