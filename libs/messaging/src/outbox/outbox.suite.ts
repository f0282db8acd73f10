import { randomBytes } from 'node:crypto';
import { compactedTopic, dayLongStateTopic, workTopic } from '@berth/contracts';
import { Database, migrate } from '@berth/persistence';
import { inject } from 'vitest';
import { z } from 'zod';
import { messagingMigrations } from './migrations.js';
import { Outbox } from './outbox.js';

const thing = z.strictObject({ id: z.string(), version: z.int().positive(), note: z.string() });
const fact = z.strictObject({ id: z.string(), text: z.string() });

/** Topics for specs; the names are of one run, because specs share a Kafka. */
const run = randomBytes(4).toString('hex');
export const thingChanged = compactedTopic<z.infer<typeof thing>>({
  name: `policy.thing-changed-${run}.v1`,
  producer: 'policy',
  partitions: 2,
  schema: thing,
  keyOf: ({ id }) => id,
});
export const limitRaised = dayLongStateTopic<z.infer<typeof thing>>({
  name: `policy.limit-raised-${run}.v1`,
  producer: 'policy',
  partitions: 1,
  schema: thing,
  keyOf: ({ id }) => id,
});
export const factRecorded = workTopic<z.infer<typeof fact>>({
  name: `policy.fact-recorded-${run}.v1`,
  producer: 'policy',
  partitions: 3,
  schema: fact,
  keyOf: ({ id }) => id,
});

/** An outbox in a database of its own on the run's Postgres. */
export interface SpecOutbox {
  readonly serviceUrl: string;
  /** Connections of the service's own login. */
  readonly db: Database;
  /** Connections of the tables' owner. */
  readonly owner: Database;
  readonly outbox: Outbox;
  /** Publishes a state of a thing in a transaction of its own. */
  publish(id: string, note?: string): Promise<void>;
  /** Records a fact in a transaction of its own. */
  record(id: string, text?: string): Promise<void>;
  drop(): Promise<void>;
}

export async function openSpecOutbox({ poolSize = 10, wake = () => {} } = {}): Promise<SpecOutbox> {
  const name = `outbox_${randomBytes(4).toString('hex')}`;
  const onServer = open(inject('postgresUrl'), 1);
  await onServer.query(`create database ${name} strategy file_copy`);
  const ownerUrl = urlOf(name);
  const serviceUrl = urlOf(name, name);
  await migrate({ ownerUrl, serviceUrl, schema: 'policy', migrations: messagingMigrations });
  const db = open(serviceUrl, poolSize);
  const owner = open(ownerUrl, 2);
  const outbox = new Outbox({ service: 'policy', instance: 'policy-1', clock: Date.now, wake });
  return {
    serviceUrl,
    db,
    owner,
    outbox,
    publish: (id, note = 'x') =>
      db.transaction(async (tx) =>
        outbox.publish(tx, thingChanged, { id, version: await outbox.nextVersion(tx), note }),
      ),
    record: (id, text = 'x') => db.transaction((tx) => outbox.record(tx, factRecorded, { id, text })),
    drop: async () => {
      await Promise.all([db.close(), owner.close()]);
      await onServer.query(`drop database ${name} with (force)`);
      await onServer.query(`drop role ${name}`);
      await onServer.close();
    },
  };
}

function open(url: string, poolSize: number): Database {
  return Database.open({ url, applicationName: 'spec', schema: 'policy', poolSize });
}

function urlOf(database: string, role?: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${database}`;
  if (role !== undefined) {
    url.username = role;
    url.password = 'password-of-a-spec';
  }
  return url.href;
}
