import { defineConfig } from 'vitest/config';
import { decorators, sourceConditions } from './vitest.swc.mts';

/**
 * Unit and integration specs of every project in one run, so that Postgres and Kafka start once.
 * Black-box flows and fault proofs have a run of their own: apps/platform-e2e/vitest.config.mts.
 */
export default defineConfig({
  resolve: { conditions: sourceConditions },
  ssr: { resolve: { conditions: sourceConditions } },
  // Where vitest loads the global setup.
  environments: { __vitest__: { resolve: { conditions: sourceConditions } } },
  oxc: false,
  plugins: [decorators],
  test: {
    include: ['libs/*/src/**/*.spec.ts', 'apps/*/src/**/*.spec.ts', 'infra/*/src/**/*.spec.ts', 'tools/**/*.spec.mjs'],
    exclude: ['apps/platform-e2e/**', '**/node_modules/**', '**/dist/**'],
    environment: 'node',
    pool: 'threads',
    globalSetup: ['libs/testing/src/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
