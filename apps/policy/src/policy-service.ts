import type { ServiceOptions } from '@berth/http';
import { KafkaStrategy } from '@berth/messaging';
import { AppModule } from './app.module.js';
import type { PolicyConfig } from './config.js';
import type { Runtime } from '@berth/foundation';

/** How policy is made, in its process and in specs. */
export function policyService(runtime: Runtime<PolicyConfig>): ServiceOptions {
  return { module: AppModule.with(runtime), bodies: 'json', strategyOf: (app) => app.get(KafkaStrategy) };
}
