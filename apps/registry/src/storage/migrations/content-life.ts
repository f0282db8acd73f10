import type { MigrationSource } from '@berth/persistence';

/**
 * What content needs to be taken away again: deletes, garbage collection, the scrubber, and uploads that outlive the
 * process that wrote them.
 */
export const contentLife: MigrationSource = {
  name: 'ContentLife1700000002001',
  up: [
    // Raised by whatever moves or removes something that a replica may remember; adding alone doesn't.
    `alter table repository add column version bigint not null default 0`,
    // A deleted repository gives its name free at once; what it held is removed in small steps afterwards.
    `alter table repository alter column name drop not null, add column detached_at timestamptz`,
    `create index repository_detached on repository (detached_at) where detached_at is not null`,
    // A name that was deleted: tokens that name a lower incarnation than version open nothing under it.
    `create table repository_deletion (
       registry_id uuid not null,
       name text collate "C" not null,
       account uuid not null,
       version bigint not null,
       deleted_at timestamptz not null,
       primary key (registry_id, name)
     )`,
    `create index repository_deletion_by_age on repository_deletion (deleted_at)`,
    // deleting: the bytes under key are being removed, so a digest that arrives now brings its own. bad_since: the
    // scrubber found other bytes than the digest says. verified_at: when it last looked.
    `alter table blob
       add column deleting boolean not null default false,
       add column bad_since timestamptz,
       add column verified_at timestamptz`,
    `create index blob_by_verification on blob (verified_at nulls first) where not deleting`,
    `create index blob_bad on blob (bad_since) where bad_since is not null`,
    // When to look whether a link is still needed by a manifest of its repository.
    `create table link_review (
       repository_id uuid not null,
       digest text collate "C" not null,
       account uuid not null,
       review_after timestamptz not null,
       primary key (repository_id, digest),
       foreign key (repository_id, digest) references repository_blob on delete cascade
     )`,
    `create index link_review_due on link_review (review_after)`,
    // When to look whether a blob is still linked anywhere.
    `create table blob_review (
       account uuid not null,
       digest text collate "C" not null,
       review_after timestamptz not null,
       primary key (account, digest),
       foreign key (account, digest) references blob on delete cascade
     )`,
    `create index blob_review_due on blob_review (review_after)`,
    // Keys whose bytes nobody needs; a key is never used twice, so nothing is lost if they are removed late or twice.
    `create table doomed_key (key text primary key, doomed_at timestamptz not null)`,
    `create index doomed_key_by_age on doomed_key (doomed_at)`,
    // What is there already is looked at once.
    `insert into link_review (repository_id, digest, account, review_after)
     select repository_id, digest, account, now() + interval '1 day' from repository_blob`,
    `drop index manifest_by_subject`,
    `create index manifest_by_subject on manifest (repository_id, subject, digest) where subject is not null`,
    // writer_instance: which process is writing. lease_until: when another may go on in its place.
    // token_id: jti of the access token that started or last continued it, which may go on a little after it ends.
    `alter table upload
       add column writer_instance text,
       add column lease_until timestamptz,
       add column token_id uuid`,
    `create index upload_by_principal on upload (registry_id, principal)`,
  ],
  down: [
    `drop index upload_by_principal`,
    `alter table upload drop column writer_instance, drop column lease_until, drop column token_id`,
    `drop index manifest_by_subject`,
    `create index manifest_by_subject on manifest (repository_id, subject) where subject is not null`,
    `drop table doomed_key`,
    `drop table blob_review`,
    `drop table link_review`,
    `drop index blob_bad`,
    `drop index blob_by_verification`,
    `alter table blob drop column deleting, drop column bad_since, drop column verified_at`,
    `drop table repository_deletion`,
    `drop index repository_detached`,
    `alter table repository alter column name set not null, drop column detached_at, drop column version`,
  ],
};
