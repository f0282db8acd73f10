import type { Runtime } from '@berth/foundation';
import type { ServiceOptions } from '@berth/http';
import { KafkaStrategy } from '@berth/messaging';
import { AppModule } from './app.module.js';
import type { IdentityConfig } from './config.js';
import { FormBody } from './form-body.js';
import { streamLines } from './import-tokens/streamed-lines.js';

/** Longest form that is read. */
const maxFormBytes = 64 * 1024;

/** Identity as an application, for `main.ts` and for specs. Clients of OAuth send forms. */
export function identityService(runtime: Runtime<IdentityConfig>): ServiceOptions {
  return {
    module: AppModule.with(runtime),
    bodies: 'json',
    strategyOf: (app) => app.get(KafkaStrategy),
    prepare: async (fastify) => {
      const options = { parseAs: 'string', bodyLimit: maxFormBytes } as const;
      fastify.addContentTypeParser('application/x-www-form-urlencoded', options, (_request, body, done) =>
        done(null, new FormBody(body.toString())),
      );
      streamLines(fastify);
    },
  };
}
