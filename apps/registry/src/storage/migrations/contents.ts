import type { MigrationSource } from '@berth/persistence';

/**
 * What the registry holds. A row of `blob` exists only for bytes that are on disk; a blob is visible in a repository only
 * through `repository_blob`. Names compare bytewise (collation C), as the lists of the distribution-spec want it.
 */
export const contents: MigrationSource = {
  name: 'Contents1700000001001',
  up: [
    `create table repository (
       id uuid primary key,
       account uuid not null,
       registry_id uuid not null,
       name text collate "C" not null,
       created_at timestamptz not null,
       unique (registry_id, name)
     )`,
    `create table blob (
       account uuid not null,
       digest text collate "C" not null,
       key text not null unique,
       size_bytes bigint not null check (size_bytes >= 0),
       created_at timestamptz not null,
       primary key (account, digest)
     )`,
    // released: a manifest of the repository that may be pulled refers to the blob.
    `create table repository_blob (
       repository_id uuid not null references repository,
       digest text collate "C" not null,
       account uuid not null,
       released boolean not null default false,
       linked_at timestamptz not null,
       primary key (repository_id, digest),
       foreign key (account, digest) references blob
     )`,
    `create index repository_blob_of_blob on repository_blob (account, digest)`,
    // Who brought a blob into a repository, and so may open it before a manifest releases it.
    `create table blob_holder (
       repository_id uuid not null,
       digest text collate "C" not null,
       principal text not null,
       account uuid not null,
       at timestamptz not null,
       primary key (repository_id, digest, principal),
       foreign key (repository_id, digest) references repository_blob
     )`,
    // depth: 0 for an image, for an index one more than its deepest child.
    `create table manifest (
       repository_id uuid not null references repository,
       digest text collate "C" not null,
       account uuid not null,
       media_type text not null,
       content bytea not null,
       depth smallint not null check (depth >= 0),
       subject text collate "C",
       artifact_type text,
       pushed_by text not null,
       pushed_at timestamptz not null,
       primary key (repository_id, digest)
     )`,
    // A manifest is read far more often than written: never compressed, and in the row itself while that fits a page.
    `alter table manifest alter column content set storage external`,
    `alter table manifest set (toast_tuple_target = 8160)`,
    `create index manifest_by_subject on manifest (repository_id, subject) where subject is not null`,
    // What a manifest points to in its repository: blobs (config, layers) and, for an index, other manifests.
    `create table manifest_reference (
       repository_id uuid not null,
       manifest text collate "C" not null,
       target text collate "C" not null,
       kind text not null check (kind in ('blob', 'manifest')),
       account uuid not null,
       primary key (repository_id, manifest, target, kind),
       foreign key (repository_id, manifest) references manifest
     )`,
    `create index manifest_reference_by_target on manifest_reference (repository_id, target, kind)`,
    `create table tag (
       repository_id uuid not null,
       name text collate "C" not null,
       digest text collate "C" not null,
       account uuid not null,
       updated_at timestamptz not null,
       primary key (repository_id, name),
       foreign key (repository_id, digest) references manifest
     )`,
    `create index tag_by_digest on tag (repository_id, digest)`,
    // A session has no repository row yet: the repository is made by the first content that arrives in it.
    // writer: the one request that is writing now; it stays behind when its process dies, and nobody continues then.
    `create table upload (
       id uuid primary key,
       account uuid not null,
       registry_id uuid not null,
       repository text collate "C" not null,
       principal text not null,
       key text not null unique,
       algorithm text not null check (algorithm in ('sha256', 'sha512')),
       offset_bytes bigint not null default 0 check (offset_bytes >= 0),
       writer uuid,
       started_at timestamptz not null,
       touched_at timestamptz not null
     )`,
    `create index upload_by_age on upload (touched_at)`,
  ],
  down: [
    `drop table upload`,
    `drop table tag`,
    `drop table manifest_reference`,
    `drop table manifest`,
    `drop table blob_holder`,
    `drop table repository_blob`,
    `drop table blob`,
    `drop table repository`,
  ],
};
