import type { MigrationSource } from '@berth/persistence';

/**
 * What people decided. A deleted scope map leaves no row: its last published state says that it is gone, and a re-created
 * name has a new id.
 */
export const definitions: MigrationSource = {
  name: 'Definitions1700000002001',
  up: [
    `create table account (
       id uuid primary key,
       name text collate "C" not null,
       version bigint not null,
       changed_at timestamptz not null,
       constraint account_name unique (name)
     )`,
    `create table registry (
       id uuid primary key,
       account uuid not null references account (id),
       name text collate "C" not null,
       region text,
       resource_group text,
       plan text not null,
       version bigint not null,
       changed_at timestamptz not null,
       constraint registry_name unique (name)
     )`,
    `create index registry_account on registry (account, name)`,
    `create table scope_map (
       id uuid primary key,
       account uuid not null references account (id),
       registry_id uuid not null references registry (id),
       name text collate "C" not null,
       description text,
       actions text[] not null,
       version bigint not null,
       created_at timestamptz not null,
       changed_at timestamptz not null,
       constraint scope_map_name unique (registry_id, name)
     )`,
    `create table role_assignment (
       id uuid primary key,
       account uuid not null references account (id),
       principal text collate "C" not null,
       role text not null,
       scope jsonb not null,
       version bigint not null,
       changed_at timestamptz not null
     )`,
    `create index role_assignment_principal on role_assignment (account, principal)`,
  ],
  down: [`drop table role_assignment`, `drop table scope_map`, `drop table registry`, `drop table account`],
};
