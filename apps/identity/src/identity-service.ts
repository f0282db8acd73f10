import type { Runtime } from '@berth/foundation';
import type { ServiceOptions } from '@berth/http';
import { KafkaStrategy } from '@berth/messaging';
import { AppModule } from './app.module.js';
import type { IdentityConfig } from './config.js';

/** Longest form that is read before it is refused. */
const maxFormBytes = 64 * 1024;

/**
 * Identity as an application, for `main.ts` and for specs.
 *
 * Docker clients first POST a form to the token endpoint. It is taken in, so that the route can answer 405 and they fall
 * back to GET; an unknown kind of body would be a 400, at which they give up.
 */
export function identityService(runtime: Runtime<IdentityConfig>): ServiceOptions {
  return {
    module: AppModule.with(runtime),
    bodies: 'json',
    strategyOf: (app) => app.get(KafkaStrategy),
    prepare: async (fastify) => {
      const options = { parseAs: 'string', bodyLimit: maxFormBytes } as const;
      fastify.addContentTypeParser('application/x-www-form-urlencoded', options, async () => undefined);
    },
  };
}
