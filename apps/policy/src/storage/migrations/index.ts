import { definitionsMigrations } from '@berth/definitions';
import { messagingMigrations } from '@berth/messaging';
import type { MigrationSource } from '@berth/persistence';
import { definitions } from './1700000002001-definitions.js';
import { grants } from './1700000002002-grants.js';
import { resources } from './1700000002003-resources.js';
import { contentPolicies } from './1700000002004-content-policies.js';
import { heldAccountNames } from './1700000002005-held-account-names.js';

/** Everything in policy's schema, in order. */
export const migrations: readonly MigrationSource[] = [
  ...messagingMigrations,
  ...definitionsMigrations,
  definitions,
  grants,
  resources,
  contentPolicies,
  heldAccountNames,
];
