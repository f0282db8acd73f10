import nx from '@nx/eslint-plugin';
import n from 'eslint-plugin-n';
import tseslint from 'typescript-eslint';

/** No framework reaches the pure libs: they are imported by everything and must stay portable. */
const frameworks = ['@nestjs/*', 'typeorm', 'pg', 'kafkajs', 'fastify', 'jose'];

const app = (...more) => ({
  sourceTag: 'type:app',
  onlyDependOnLibsWithTags: ['type:platform', 'type:contract', 'type:core', ...more],
});

/** Who may import whom (libs/README.md). */
const rest = [
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:testing', 'type:contract', 'type:core'] },
  {
    sourceTag: 'type:testing',
    onlyDependOnLibsWithTags: ['type:platform', 'type:contract', 'type:core', 'scope:embedded', 'scope:topics'],
  },
  { sourceTag: 'type:infra', onlyDependOnLibsWithTags: ['type:platform', 'type:contract', 'type:core'] },
  { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:platform', 'type:contract', 'type:core'] },
  { sourceTag: 'type:contract', onlyDependOnLibsWithTags: ['type:core'], bannedExternalImports: frameworks },
  { sourceTag: 'type:core', onlyDependOnLibsWithTags: ['type:core'], bannedExternalImports: frameworks },
  { sourceTag: 'type:load', onlyDependOnLibsWithTags: [] },
];

const boundaries = (depConstraints) => ({
  '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, allow: [], depConstraints }],
});

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '.nx', '.berth', '**/kafka-libs', 'tools/boundaries/{lint,tree}'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts'],
    plugins: { '@nx': nx, n },
    rules: {
      ...boundaries([app(), ...rest]),
      'n/no-process-env': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', { max: 3 }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    },
  },
  {
    // A constructor's parameters are its collaborators, which Nest injects: five are allowed.
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    rules: { 'max-params': ['error', { max: 5 }], '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/*.suite.ts', 'apps/platform-e2e/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  { files: ['**/*.spec.ts', '**/*.suite.ts'], rules: boundaries([app('type:testing'), ...rest]) },
  {
    // Decision 1 of the architecture: no call to another service leaves from the path of a pull, a push or an issue.
    files: ['apps/registry/src/{pull,push,upload}-*/*.ts', 'apps/identity/src/issue-token/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.suite.ts'],
    rules: {
      'no-restricted-globals': ['error', 'fetch'],
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: '@berth/http', importNames: ['InternalClient'], message: 'The pull path calls no service.' }],
        },
      ],
    },
  },
  {
    // The registry's data plane checks the token; it decides nothing.
    files: ['apps/registry/src/{pull,push,upload}-*/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.suite.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: '@berth/http', importNames: ['InternalClient'], message: 'The pull path calls no service.' },
            { name: '@berth/policy-engine', message: 'The registry checks the token and decides nothing.' },
          ],
        },
      ],
    },
  },
  { files: ['apps/*/src/config.ts', 'infra/*/src/config.ts'], rules: { 'n/no-process-env': 'off' } },
);
