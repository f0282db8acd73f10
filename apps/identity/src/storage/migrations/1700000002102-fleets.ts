import type { MigrationSource } from '@berth/persistence';

/**
 * Fleets, their keys (sealed with the master key) and the devices that are locked out. A device has no row: its password is
 * derived from a key. `made` orders the keys of a fleet; the newest enabled one is what devices move to.
 */
export const fleets: MigrationSource = {
  name: 'Fleets1700000002102',
  up: [
    `create table fleet (
       id uuid primary key,
       account uuid not null,
       registry_id uuid not null,
       name text collate "C" not null,
       scope_map_id uuid not null,
       status text not null check (status in ('enabled', 'disabled')),
       version bigint not null,
       created_at timestamptz not null,
       changed_at timestamptz not null,
       constraint fleet_name unique (registry_id, name)
     )`,
    `create index fleet_scope_map on fleet (scope_map_id)`,
    `create table fleet_key (
       fleet_id uuid not null references fleet (id),
       id text not null,
       account uuid not null,
       key_sealed bytea not null,
       status text not null check (status in ('enabled', 'disabled')),
       made bigint not null,
       created_at timestamptz not null,
       primary key (fleet_id, id)
     )`,
    `create table fleet_denied (
       fleet_id uuid not null references fleet (id),
       device text collate "C" not null,
       account uuid not null,
       denied_at timestamptz not null,
       primary key (fleet_id, device)
     )`,
  ],
  down: [`drop table fleet_denied`, `drop table fleet_key`, `drop table fleet`],
};
