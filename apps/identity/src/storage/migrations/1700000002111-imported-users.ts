import type { MigrationSource } from '@berth/persistence';

/** Finds the users that an import brought, of whom most accounts have none. */
export const importedUsers: MigrationSource = {
  name: 'ImportedUsers1700000002111',
  up: [`create index user_account_imported on user_account (account, id) where is_imported`],
  down: [`drop index user_account_imported`],
};
