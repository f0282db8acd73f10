import type { MigrationSource } from '@berth/persistence';

/**
 * Users, and repository tokens with their passwords. A deleted token leaves no row: its minimum, which outlives it by an
 * hour, refuses what it was issued, and a re-created name has a new id.
 */
export const principals: MigrationSource = {
  name: 'Principals1700000001001',
  up: [
    `create table user_account (
       id uuid primary key,
       account uuid not null,
       name text collate "C" not null,
       password_hash text,
       status text not null check (status in ('enabled', 'disabled')),
       operator boolean not null default false,
       version bigint not null,
       created_at timestamptz not null,
       constraint user_account_name unique (account, name)
     )`,
    `create table token (
       id uuid primary key,
       account uuid not null,
       registry_id uuid not null,
       name text collate "C" not null,
       scope_map_id uuid not null,
       status text not null check (status in ('enabled', 'disabled')),
       expires_at timestamptz,
       labels jsonb not null default '{}',
       version bigint not null,
       created_at timestamptz not null,
       changed_at timestamptz not null,
       constraint token_name unique (registry_id, name)
     )`,
    `create index token_scope_map on token (scope_map_id)`,
    `create table token_password (
       token_id uuid not null references token (id),
       slot smallint not null check (slot in (1, 2)),
       account uuid not null,
       sha256 bytea not null check (octet_length(sha256) = 32),
       version bigint not null,
       created_at timestamptz not null,
       expires_at timestamptz,
       primary key (token_id, slot)
     )`,
  ],
  down: [`drop table token_password`, `drop table token`, `drop table user_account`],
};
