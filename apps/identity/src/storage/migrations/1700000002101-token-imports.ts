import type { MigrationSource } from '@berth/persistence';

/**
 * Which line of which import a token came from, so that an import can be resumed; and what a million tokens of one
 * registry are searched by: `(scope_map_id, name)` gives a page of a scope map's tokens, the other two find labels and the
 * few disabled ones.
 */
export const tokenImports: MigrationSource = {
  name: 'TokenImports1700000002101',
  up: [
    `alter table token add column import_id text, add column import_line integer`,
    `create index token_scope_map_name on token (scope_map_id, name)`,
    `drop index token_scope_map`,
    `create index token_labels on token using gin (labels jsonb_path_ops) where labels <> '{}'`,
    `create index token_disabled on token (registry_id, name) where status = 'disabled'`,
  ],
  down: [
    `drop index token_disabled`,
    `drop index token_labels`,
    `create index token_scope_map on token (scope_map_id)`,
    `drop index token_scope_map_name`,
    `alter table token drop column import_line, drop column import_id`,
  ],
};
