import 'vitest';
import type { S3Connection } from './s3-server.js';
import type { Login } from './docker-client.js';

declare module 'vitest' {
  /** What the global set-ups provide; a spec reads it with `inject()`. */
  interface ProvidedContext {
    /** Owner's URL of the run's Postgres. Specs make databases of their own on it: createTestDatabase(). */
    postgresUrl: string;
    /** `host:port` of the run's Kafka. Specs share it: they make topics of their own. */
    kafkaBrokers: string;
    /** The run's S3 server, or null when versitygw is not installed. Specs share its bucket: they take a prefix each. */
    s3: S3Connection | null;
    /** Of end-to-end runs: where the shared platform is. */
    sharedPlatform: {
      readonly origin: string;
      readonly loginServer: string;
      readonly admin: Login;
      /** Where the identity provider of its people is. */
      readonly providerUrl: string;
    };
    /** How many losses of power are tried; undefined: few. */
    powerLosses: number | undefined;
    /** How many kills in the middle of a PATCH are tried; undefined: few. */
    cutPoints: number | undefined;
  }
}
