import { startService } from '@berth/http';
import { auditService } from './audit-service.js';
import { readAuditConfig } from './config.js';
import { runtimeOf } from '@berth/foundation';

const config = readAuditConfig();
const runtime = runtimeOf('audit', config);
const { logger } = runtime;
await startService({ ...auditService(runtime), service: 'audit', listen: config.BERTH_LISTEN, logger });
