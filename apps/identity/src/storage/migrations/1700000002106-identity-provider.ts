import type { MigrationSource } from '@berth/persistence';

/**
 * People and groups of the identity provider, by the names that it never gives to anybody else, and the sessions of people
 * in browsers. Of a session only the hash of its secret is here.
 */
export const identityProvider: MigrationSource = {
  name: 'IdentityProvider1700000002106',
  up: [
    `create table federated_user (
       issuer text collate "C" not null,
       subject text collate "C" not null,
       user_id uuid not null references user_account (id) on delete cascade,
       account uuid not null,
       logged_in_at timestamptz not null,
       primary key (issuer, subject)
     )`,
    `create index federated_user_user on federated_user (user_id)`,
    `create table federated_group (
       issuer text collate "C" not null,
       value text collate "C" not null,
       group_id uuid not null references principal_group (id) on delete cascade,
       account uuid not null,
       primary key (issuer, value)
     )`,
    `create index federated_group_group on federated_group (group_id)`,
    `create table session (
       id uuid primary key,
       sha256 bytea not null check (octet_length(sha256) = 32),
       user_id uuid not null references user_account (id) on delete cascade,
       account uuid not null,
       version bigint not null,
       created_at timestamptz not null,
       used_at timestamptz not null,
       ends_at timestamptz not null,
       constraint session_sha256 unique (sha256)
     )`,
    `create index session_user_id on session (user_id)`,
    `create index session_used_at on session (used_at)`,
  ],
  down: [`drop table session`, `drop table federated_group`, `drop table federated_user`],
};
