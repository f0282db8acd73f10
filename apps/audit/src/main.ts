import { runMain } from '@berth/config';
import { runtimeOf } from '@berth/foundation';
import { startService } from '@berth/http';
import { readAuditConfig } from './config.js';
import { auditService } from './audit-service.js';

await runMain('audit could not start', async () => {
  const config = readAuditConfig();
  const runtime = runtimeOf('audit', config);
  const { logger } = runtime;
  await startService({ ...auditService(runtime), service: 'audit', listen: config.BERTH_LISTEN, logger });
});
