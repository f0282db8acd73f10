import type { MigrationSource } from '@berth/persistence';

/** Names of deleted accounts, which nobody gets for a while. */
export const heldAccountNames: MigrationSource = {
  name: 'HeldAccountNames1700000002005',
  up: [
    `create table held_account_name (
       name text collate "C" primary key,
       held_until timestamptz not null
     )`,
  ],
  down: [`drop table held_account_name`],
};
