import type { MigrationSource } from '@berth/persistence';

/**
 * When each principal was last used. The log is read once for what it holds already. Pages keep room, so that a row, which is
 * overwritten again and again, stays on its page and its index is not touched.
 */
export const lastUse: MigrationSource = {
  name: 'LastUse1700000003002',
  up: [
    `create table last_use (principal text primary key, at timestamptz not null) with (fillfactor = 70)`,
    `insert into last_use (principal, at)
     select actor_id, max(at) from entry where actor_id is not null and outcome = 'allowed' group by actor_id`,
  ],
  down: [`drop table last_use`],
};
