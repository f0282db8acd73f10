import { runMain } from '@berth/config';
import { runtimeOf } from '@berth/foundation';
import { startService } from '@berth/http';
import { readRegistryConfig } from './config.js';
import { armFailPoint } from './fail-point.js';
import { registryService } from './registry-service.js';

await runMain('registry could not start', async () => {
  const config = readRegistryConfig();
  if (config.BERTH_FAIL_POINTS_ALLOWED === 'yes') armFailPoint(config.BERTH_FAIL_POINT);
  const runtime = runtimeOf('registry', config);
  const { logger } = runtime;
  await startService({ ...registryService(runtime), service: 'registry', listen: config.BERTH_LISTEN, logger });
});
