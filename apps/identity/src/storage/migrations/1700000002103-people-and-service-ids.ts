import type { MigrationSource } from '@berth/persistence';

/**
 * Users in full, service IDs with their API keys, and groups. `password_version` is what a user's refresh tokens are bound
 * to: leaving a group is no new password. Null, as older code writes it, is the version of the row.
 *
 * A group with an `issuer` is kept in step with that identity provider and changed by nobody else.
 */
export const peopleAndServiceIds: MigrationSource = {
  name: 'PeopleAndServiceIds1700000002103',
  up: [
    `alter table user_account
       add column email text,
       add column password_version bigint,
       add column is_imported boolean not null default false,
       add column changed_at timestamptz`,
    `create table service_id (
       id uuid primary key,
       account uuid not null,
       name text collate "C" not null,
       status text not null check (status in ('enabled', 'disabled')),
       version bigint not null,
       created_at timestamptz not null,
       changed_at timestamptz not null,
       constraint service_id_name unique (account, name)
     )`,
    `create table api_key (
       id uuid primary key,
       service_id uuid not null references service_id (id),
       account uuid not null,
       name text,
       sha256 bytea not null check (octet_length(sha256) = 32),
       version bigint not null,
       created_at timestamptz not null,
       expires_at timestamptz,
       constraint api_key_sha256 unique (sha256)
     )`,
    `create index api_key_service_id on api_key (service_id)`,
    `create table principal_group (
       id uuid primary key,
       account uuid not null,
       name text collate "C" not null,
       issuer text,
       version bigint not null,
       created_at timestamptz not null,
       constraint principal_group_name unique (account, name)
     )`,
    `create table group_member (
       group_id uuid not null references principal_group (id),
       member_kind text not null check (member_kind in ('user', 'service')),
       member_id uuid not null,
       account uuid not null,
       added_at timestamptz not null,
       primary key (group_id, member_kind, member_id)
     )`,
    `create index group_member_member on group_member (member_id, member_kind)`,
  ],
  down: [
    `drop table group_member`,
    `drop table principal_group`,
    `drop table api_key`,
    `drop table service_id`,
    `alter table user_account
       drop column changed_at, drop column is_imported, drop column password_version, drop column email`,
  ],
};
