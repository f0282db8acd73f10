import type { MigrationSource } from '@berth/persistence';

/**
 * Tokens and fleets with a system scope map of their registry, which no row of policy's has an id for. Where both columns are
 * set, older code has pointed the row to another scope map: the id counts.
 */
export const systemScopeMaps: MigrationSource = {
  name: 'SystemScopeMaps1700000002107',
  up: [
    `alter table token
       alter column scope_map_id drop not null,
       add column system_scope_map text,
       add constraint token_scope_map_given check (scope_map_id is not null or system_scope_map is not null)`,
    `alter table fleet
       alter column scope_map_id drop not null,
       add column system_scope_map text,
       add constraint fleet_scope_map_given check (scope_map_id is not null or system_scope_map is not null)`,
    `create index token_system_scope_map on token (registry_id, system_scope_map, name) where system_scope_map is not null`,
    `create index fleet_system_scope_map on fleet (registry_id, system_scope_map, name) where system_scope_map is not null`,
  ],
  down: [
    `delete from fleet_denied where fleet_id in (select id from fleet where scope_map_id is null)`,
    `delete from fleet_key where fleet_id in (select id from fleet where scope_map_id is null)`,
    `delete from fleet where scope_map_id is null`,
    `delete from token_certificate where token_id in (select id from token where scope_map_id is null)`,
    `delete from token_password where token_id in (select id from token where scope_map_id is null)`,
    `delete from token where scope_map_id is null`,
    `alter table fleet drop column system_scope_map, alter column scope_map_id set not null`,
    `alter table token drop column system_scope_map, alter column scope_map_id set not null`,
  ],
};
