import type { MigrationSource } from '@berth/persistence';

/**
 * The log, and what has been taken into it. `log_head` is the one row whose lock makes numbers contiguous; `received` holds
 * the numbers of a boot's frames, normally as one range from 1.
 */
export const log: MigrationSource = {
  name: 'Log1700000003001',
  up: [
    `create table log_head (is_only_row boolean primary key default true check (is_only_row), size bigint not null)`,
    `insert into log_head (size) values (0)`,
    `create table entry (
       seq bigint primary key,
       account uuid not null,
       at timestamptz not null,
       event text not null,
       action text,
       outcome text not null,
       actor_id text,
       actor_name text not null,
       repository text,
       body json not null
     )`,
    `create index entry_account on entry (account, seq)`,
    `create index entry_actor_id on entry (actor_id, seq)`,
    `create index entry_actor_name on entry (actor_name, seq)`,
    `create index entry_repository on entry (repository, seq)`,
    `create index entry_at on entry using brin (at)`,
    `create table spool_boot (
       service text not null,
       instance text not null,
       boot uuid not null,
       received int8multirange not null default '{}',
       previous_boot uuid,
       previous_last bigint,
       is_opened boolean not null default false,
       is_closed boolean not null default false,
       primary key (service, instance, boot)
     )`,
    `create table consumed_event (id uuid primary key, at timestamptz not null)`,
    `create index consumed_event_at on consumed_event using brin (at)`,
  ],
  down: [`drop table consumed_event`, `drop table spool_boot`, `drop table entry`, `drop table log_head`],
};
