import { runMain } from '@berth/config';
import { runtimeOf } from '@berth/foundation';
import { startService } from '@berth/http';
import { readPolicyConfig } from './config.js';
import { policyService } from './policy-service.js';

await runMain('policy could not start', async () => {
  const config = readPolicyConfig();
  const runtime = runtimeOf('policy', config);
  const { logger } = runtime;
  await startService({ ...policyService(runtime), service: 'policy', listen: config.BERTH_LISTEN, logger });
});
