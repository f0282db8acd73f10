import type { ServiceOptions } from '@berth/http';
import { KafkaStrategy } from '@berth/messaging';
import { AppModule } from './app.module.js';
import type { AuditConfig } from './config.js';
import type { Runtime } from '@berth/foundation';

/** How audit is made, in its process and in specs. */
export function auditService(runtime: Runtime<AuditConfig>): ServiceOptions {
  return { module: AppModule.with(runtime), bodies: 'json', strategyOf: (app) => app.get(KafkaStrategy) };
}
