import { services } from '@berth/contracts';
import type { MigrationSource } from '@berth/persistence';

/**
 * The tables of a service's copies of what others own, in its own schema. A service lists them after those of messaging.
 *
 * - `followed_record`: the latest state of each key, for the other replicas and for a start without Kafka.
 * - `followed_epoch`: per owner, how often states were stored. Raised under its row lock, so the order of epochs is the
 *   order of commits. `fresh_at`: when the copy was last known to hold everything.
 *
 * `data` is json, not jsonb: a state is stored as it came, and jsonb refuses \u0000 in a string.
 */
export const definitionsMigrations: readonly MigrationSource[] = [
  {
    name: 'FollowedRecords1700000000002',
    up: [
      `create table followed_record (
         topic text not null,
         key text not null,
         owner text not null,
         version bigint not null,
         change bigint,
         epoch bigint not null,
         data json not null,
         stored_at timestamptz not null,
         primary key (topic, key)
       )`,
      `create index followed_record_epoch on followed_record (owner, epoch)`,
      `create table followed_epoch (owner text primary key, epoch bigint not null default 0, fresh_at timestamptz)`,
      `insert into followed_epoch (owner) values ${services.map((service) => `('${service}')`).join(', ')}`,
    ],
    down: [`drop table followed_epoch`, `drop table followed_record`],
  },
];
