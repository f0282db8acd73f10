import type { MigrationSource } from '@berth/persistence';

/** First and last instant of a day in UTC, as the partitions of the outbox are cut. */
const day = (name: string) => `(${name}::timestamp at time zone 'UTC')`;

/**
 * The tables of the outbox and of its relay, in the service's own schema. A service lists them before its own.
 *
 * - `outbox`: one row per event, in the transaction of its change; `sent_at` once Kafka has it. Partitioned by day in
 *   UTC; `outbox_default` takes the rows of a day whose partition doesn't exist yet, so an insert never fails for it.
 * - `published_state`: the latest record of each key of a state topic; what republishing and `/internal/changes` read.
 * - `relay_lease`: one row: who relays, until when, and the Kafka cluster that has been given everything.
 * - `version_seq`: versions of things. `change_seq`: the order of publications. Neither is ever reset.
 *
 * `data` is json, not jsonb: an event is stored as it was written, and jsonb refuses \u0000 in a string.
 */
export const messagingMigrations: readonly MigrationSource[] = [
  {
    name: 'Outbox1700000000001',
    up: [
      `create sequence version_seq`,
      `create sequence change_seq`,
      // Not (id, created_at): the search for unsent rows in the order of ids would take that index, past all sent rows.
      `create table outbox (
         id bigserial not null,
         topic text not null,
         key text not null,
         event_id uuid not null default gen_random_uuid(),
         source text not null,
         lane text not null check (lane in ('urgent', 'bulk')),
         change bigint,
         traceparent text,
         at timestamptz not null,
         data json not null,
         created_at timestamptz not null default clock_timestamp(),
         sent_at timestamptz,
         primary key (created_at, id)
       ) partition by range (created_at)`,
      `create index outbox_unsent on outbox (lane, id) where sent_at is null`,
      `create table outbox_default partition of outbox default`,
      `create table published_state (
         topic text not null,
         key text not null,
         version bigint not null,
         change bigint not null unique,
         at timestamptz not null,
         source text not null,
         data json not null,
         primary key (topic, key)
       )`,
      `create table relay_lease (
         is_only_row boolean primary key default true check (is_only_row),
         holder text,
         epoch bigint not null default 0,
         until timestamptz not null default '-infinity',
         cluster_id text
       )`,
      `insert into relay_lease default values`,
      // The service's role may not change tables; these two run as the owner and can do nothing but this. Attaching,
      // unlike "create .. partition of", doesn't make writers wait. A long transaction makes them give up, not queue.
      `create function outbox_add_days() returns void language plpgsql security definer
         set search_path from current set lock_timeout = '1s' as $$
       declare
         this_day date;
         name text;
       begin
         for ahead in 0..3 loop
           this_day := (clock_timestamp() at time zone 'UTC')::date + ahead;
           name := 'outbox_' || to_char(this_day, 'YYYYMMDD');
           continue when to_regclass(name) is not null or exists (select from outbox_default
             where created_at >= ${day('this_day')} and created_at < ${day('(this_day + 1)')});
           execute format('create table %I (like outbox including defaults including constraints)', name);
           execute format('alter table outbox attach partition %I for values from (%L) to (%L)',
             name, ${day('this_day')}, ${day('(this_day + 1)')});
         end loop;
       end $$`,
      `create function outbox_drop_days() returns void language plpgsql security definer
         set search_path from current set lock_timeout = '1s' as $$
       declare
         name text;
         has_unsent boolean;
       begin
         for name in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'outbox'::regclass and c.relname ~ '^outbox_[0-9]{8}$'
             and c.relname < 'outbox_' || to_char((clock_timestamp() at time zone 'UTC')::date - 1, 'YYYYMMDD')
         loop
           execute format('select exists (select from %I where sent_at is null)', name) into has_unsent;
           continue when has_unsent;
           lock table outbox in access exclusive mode;
           execute format('select exists (select from %I where sent_at is null)', name) into has_unsent;
           continue when has_unsent;
           execute format('drop table %I', name);
         end loop;
       end $$`,
      `select outbox_add_days()`,
    ],
    down: [
      `drop function outbox_drop_days`,
      `drop function outbox_add_days`,
      `drop table relay_lease`,
      `drop table published_state`,
      `drop table outbox`,
      `drop sequence change_seq`,
      `drop sequence version_seq`,
    ],
  },
];
