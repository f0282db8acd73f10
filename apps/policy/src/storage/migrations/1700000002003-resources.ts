import type { MigrationSource } from '@berth/persistence';

/**
 * The resource tree: what lies in accounts. A registry or namespace that is being deleted has a prohibition of its own id;
 * once deleted it leaves no row, and a registry's name is held back.
 */
export const resources: MigrationSource = {
  name: 'Resources1700000002003',
  up: [
    `create unique index registry_name_folded on registry (lower(name))`,
    `create table namespace (
       id uuid primary key,
       account uuid not null references account (id),
       registry_id uuid not null references registry (id),
       name text collate "C" not null,
       resource_group text,
       version bigint not null,
       changed_at timestamptz not null,
       constraint namespace_name unique (registry_id, name)
     )`,
    `create table held_registry_name (
       folded_name text collate "C" primary key,
       held_until timestamptz not null
     )`,
  ],
  down: [`drop table held_registry_name`, `drop table namespace`, `drop index registry_name_folded`],
};
