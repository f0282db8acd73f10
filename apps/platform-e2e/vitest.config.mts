import { defineConfig } from 'vitest/config';
import { decorators, sourceConditions } from '../../vitest.swc.mts';

/** Black-box flows and fault proofs: whole platforms in processes of their own, one after the other. */
export default defineConfig({
  resolve: { conditions: sourceConditions },
  ssr: { resolve: { conditions: sourceConditions } },
  environments: { __vitest__: { resolve: { conditions: sourceConditions } } },
  oxc: false,
  plugins: [decorators],
  test: {
    root: import.meta.dirname,
    include: ['src/**/*.spec.ts'],
    environment: 'node',
    pool: 'forks',
    fileParallelism: false,
    globalSetup: ['src/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
