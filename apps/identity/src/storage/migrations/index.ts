import { definitionsMigrations } from '@berth/definitions';
import { messagingMigrations } from '@berth/messaging';
import type { MigrationSource } from '@berth/persistence';
import { principals } from './1700000001001-principals.js';
import { signingKeys } from './1700000001002-signing-keys.js';
import { signingKeySchedule } from './1700000001003-signing-key-schedule.js';
import { expiryNotices } from './1700000001004-expiry-notices.js';
import { tokenImports } from './1700000002101-token-imports.js';
import { fleets } from './1700000002102-fleets.js';
import { peopleAndServiceIds } from './1700000002103-people-and-service-ids.js';
import { tokenOwners } from './1700000002104-token-owners.js';
import { federations } from './1700000002105-federations.js';
import { identityProvider } from './1700000002106-identity-provider.js';
import { systemScopeMaps } from './1700000002107-system-scope-maps.js';
import { personalTokens } from './1700000002108-personal-tokens.js';
import { importedUsers } from './1700000002111-imported-users.js';

/** Everything in identity's schema, in order. */
export const migrations: readonly MigrationSource[] = [
  ...messagingMigrations,
  ...definitionsMigrations,
  principals,
  signingKeys,
  signingKeySchedule,
  expiryNotices,
  tokenImports,
  fleets,
  peopleAndServiceIds,
  tokenOwners,
  federations,
  identityProvider,
  systemScopeMaps,
  personalTokens,
  importedUsers,
];
