import { runMain } from '@berth/config';
import { migrate } from '@berth/persistence';
import { readMigrationConfig } from './config.js';
import { migrations } from './storage/migrations/index.js';

/** Brings registry's schema up to date and makes its login; run before the service, any number of times. */
await runMain("registry's schema could not be brought up to date", async () => {
  const { BERTH_DATABASE_URL: ownerUrl, BERTH_REGISTRY_DATABASE_URL: serviceUrl } = readMigrationConfig();
  await migrate({ ownerUrl, serviceUrl, schema: 'registry', migrations });
});
