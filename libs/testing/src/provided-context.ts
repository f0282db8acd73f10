import 'vitest';

declare module 'vitest' {
  /** What global-setup.ts provides; a spec reads it with `inject()`. */
  interface ProvidedContext {
    /** Owner's URL of the run's Postgres. Specs make databases of their own on it: createTestDatabase(). */
    postgresUrl: string;
    /** `host:port` of the run's Kafka. Specs share it: they make topics of their own. */
    kafkaBrokers: string;
  }
}
