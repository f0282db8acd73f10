import { startService } from '@berth/http';
import { readPolicyConfig } from './config.js';
import { policyService } from './policy-service.js';
import { runtimeOf } from '@berth/foundation';

const config = readPolicyConfig();
const runtime = runtimeOf('policy', config);
const { logger } = runtime;
await startService({ ...policyService(runtime), service: 'policy', listen: config.BERTH_LISTEN, logger });
