import process from 'node:process';
import { errorMessage } from '@berth/errors';
import { runtimeOf } from '@berth/foundation';
import { startService } from '@berth/http';
import { readIdentityConfig } from './config.js';
import { identityService } from './identity-service.js';

/** Starts identity: who is calling? What can't be used or started is said on standard error, and the process ends. */
try {
  const config = readIdentityConfig();
  const runtime = runtimeOf('identity', config);
  const { logger } = runtime;
  await startService({ ...identityService(runtime), service: 'identity', listen: config.BERTH_LISTEN, logger });
} catch (e) {
  process.stderr.write(`identity could not start: ${errorMessage(e)}\n`);
  process.exitCode = 1;
}
