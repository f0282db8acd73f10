import { migrate } from '@berth/persistence';
import { readMigrationConfig } from './config.js';
import { migrations } from './storage/migrations/index.js';

const { BERTH_DATABASE_URL: ownerUrl, BERTH_REGISTRY_DATABASE_URL: serviceUrl } = readMigrationConfig();
await migrate({ ownerUrl, serviceUrl, schema: 'registry', migrations });
