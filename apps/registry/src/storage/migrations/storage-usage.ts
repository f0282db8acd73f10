import type { MigrationSource } from '@berth/persistence';

/**
 * How much registries and namespaces hold, counted while it changes. What is there already is counted here; what a
 * repository that was deleted before still has is not, and isn't taken off when it goes either.
 */
export const storageUsage: MigrationSource = {
  name: 'StorageUsage1700000003002',
  up: [
    // Where a repository was that has no name any more.
    `alter table repository add column namespace text collate "C"`,
    // Where a link is counted; null = nowhere.
    `alter table repository_blob add column registry_id uuid, add column namespace text collate "C"`,
    `update repository_blob l set registry_id = r.registry_id, namespace = split_part(r.name, '/', 1)
       from repository r where r.id = l.repository_id and r.name is not null`,
    // Whether another link of a blob is in the same registry, or namespace, is one look.
    `create index repository_blob_by_place on repository_blob (account, digest, registry_id, namespace)`,
    `drop index repository_blob_of_blob`,
    // A blob that is counted in a namespace, or with '' in the whole registry. Of links that are made at the same time
    // exactly one inserts the row.
    `create table counted_blob (
       registry_id uuid not null,
       namespace text collate "C" not null,
       digest text collate "C" not null,
       primary key (registry_id, namespace, digest)
     )`,
    // One row for each namespace, and with '' one for the whole registry. Room in the pages: they change all the time.
    `create table storage_usage (
       registry_id uuid not null,
       namespace text collate "C" not null,
       account uuid not null,
       used_bytes bigint not null,
       reserved_bytes bigint not null,
       primary key (registry_id, namespace)
     ) with (fillfactor = 50)`,
    // What an upload was promised of the two counters of its repository.
    `alter table upload add column reserved_bytes bigint not null default 0`,
    `create index upload_reserving on upload (touched_at) where reserved_bytes > 0`,
    `insert into counted_blob (registry_id, namespace, digest)
     select registry_id, namespace, digest from repository_blob where namespace is not null
      union
     select registry_id, '', digest from repository_blob where namespace is not null`,
    `insert into storage_usage (registry_id, namespace, account, used_bytes, reserved_bytes)
     select registry_id, namespace, account, sum(bytes), 0
       from (
         select c.registry_id, c.namespace, b.account, b.size_bytes as bytes
           from counted_blob c
           join (select distinct registry_id, account from repository) r on r.registry_id = c.registry_id
           join blob b on b.account = r.account and b.digest = c.digest
         union all
         select r.registry_id, place.namespace, r.account, coalesce(length(m.content), 0)
           from repository r
           left join manifest m on m.repository_id = r.id
          cross join lateral (values (split_part(r.name, '/', 1)), ('')) as place (namespace)
          where r.name is not null) counted
      group by registry_id, namespace, account`,
  ],
  down: [
    `drop index upload_reserving`,
    `alter table upload drop column reserved_bytes`,
    `drop table storage_usage`,
    `drop table counted_blob`,
    `create index repository_blob_of_blob on repository_blob (account, digest)`,
    `drop index repository_blob_by_place`,
    `alter table repository_blob drop column registry_id, drop column namespace`,
    `alter table repository drop column namespace`,
  ],
};
