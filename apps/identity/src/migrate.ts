import process from 'node:process';
import { errorMessage } from '@berth/errors';
import { migrate } from '@berth/persistence';
import { readMigrationConfig } from './config.js';
import { migrations } from './storage/migrations/index.js';

/** Brings identity's schema up to date and makes its login; run before the service, any number of times. */
try {
  const { BERTH_DATABASE_URL: ownerUrl, BERTH_IDENTITY_DATABASE_URL: serviceUrl } = readMigrationConfig();
  await migrate({ ownerUrl, serviceUrl, schema: 'identity', migrations });
} catch (e) {
  process.stderr.write(`identity's schema could not be brought up to date: ${errorMessage(e)}\n`);
  process.exitCode = 1;
}
