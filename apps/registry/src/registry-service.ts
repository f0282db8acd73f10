import type { Runtime } from '@berth/foundation';
import type { ServiceOptions } from '@berth/http';
import { KafkaStrategy } from '@berth/messaging';
import { AppModule } from './app.module.js';
import type { RegistryConfig } from './config.js';
import { rewriteUrl } from './data-plane-request.js';
import { addDataPlaneHeaders } from './security-headers.js';

/** How the registry is made, in its process and in specs. */
export function registryService(runtime: Runtime<RegistryConfig>): ServiceOptions {
  return {
    module: AppModule.with(runtime),
    bodies: 'stream',
    rewriteUrl,
    strategyOf: (app) => app.get(KafkaStrategy),
    prepare: async (fastify) => addDataPlaneHeaders(fastify),
  };
}
