import type { MigrationSource } from '@berth/persistence';

/** Which tokens people minted for themselves: nobody else makes those something other than they are. */
export const personalTokens: MigrationSource = {
  name: 'PersonalTokens1700000002108',
  up: [`alter table token add column is_personal boolean not null default false`],
  down: [`alter table token drop column is_personal`],
};
