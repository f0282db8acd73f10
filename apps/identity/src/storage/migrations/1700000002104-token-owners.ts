import type { MigrationSource } from '@berth/persistence';

/**
 * Who must hold as well what a token gives: the person whose token it is, or the principal that backs it. And the
 * certificates with which clients log in as a token instead of by its passwords.
 */
export const tokenOwners: MigrationSource = {
  name: 'TokenOwners1700000002104',
  up: [
    `alter table token
       add column owner_kind text check (owner_kind in ('user', 'service', 'workload')),
       add column owner_id uuid,
       add constraint token_owner check ((owner_kind is null) = (owner_id is null))`,
    `create index token_owner_id on token (owner_id, id) where owner_id is not null`,
    `create table token_certificate (
       token_id uuid not null references token (id),
       slot smallint not null check (slot in (1, 2)),
       account uuid not null,
       registry_id uuid not null,
       sha256 bytea not null check (octet_length(sha256) = 32),
       subject text not null,
       not_before timestamptz not null,
       not_after timestamptz not null,
       version bigint not null,
       created_at timestamptz not null,
       primary key (token_id, slot),
       constraint token_certificate_sha256 unique (registry_id, sha256)
     )`,
  ],
  down: [
    `drop table token_certificate`,
    `drop index token_owner_id`,
    `alter table token drop column owner_id, drop column owner_kind`,
  ],
};
