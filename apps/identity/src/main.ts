import { runMain } from '@berth/config';
import { runtimeOf } from '@berth/foundation';
import { startService } from '@berth/http';
import { readIdentityConfig } from './config.js';
import { identityService } from './identity-service.js';

await runMain('identity could not start', async () => {
  const config = readIdentityConfig();
  const runtime = runtimeOf('identity', config);
  const { logger } = runtime;
  await startService({ ...identityService(runtime), service: 'identity', listen: config.BERTH_LISTEN, logger });
});
