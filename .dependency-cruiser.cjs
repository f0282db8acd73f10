/** What a project-level rule can't see: files, owners of packages, cycles. Each rule has a bad file in tools/boundaries. */
const rule = (name, from, to) => ({ name, severity: 'error', from, to });
const owner = (pkg, ...paths) =>
  rule(`${pkg}-has-one-owner`, { pathNot: ['^node_modules', ...paths] }, { path: `node_modules/${pkg}/` });

module.exports = {
  forbidden: [
    rule('no-cycles', {}, { circular: true }),
    owner('kafkajs', '^libs/messaging/'),
    owner('jose', '^libs/tokens/'),
    owner('typeorm', '^libs/persistence/', '^apps/[^/]+/src/storage/'),
    owner('pg', '^libs/persistence/', '^apps/[^/]+/src/storage/'),
    rule(
      'slices-stay-apart',
      { path: '^apps/([^/]+)/src/([^/]+)/' },
      { path: '^apps/$1/src/[^/]+/', pathNot: '^apps/$1/src/$2/' },
    ),
    rule(
      'storage-behind-app-module',
      {
        path: '^apps/([^/]+)/src/',
        pathNot: '^apps/[^/]+/src/(app([.]module|-[a-z-]+)[.]ts$|migrate[.]ts$|storage/|.*[.](spec|suite)[.]ts$)',
      },
      { path: '^apps/$1/src/storage/' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(apps|libs|infra)/[^/]+/dist/' },
    tsConfig: { fileName: 'tsconfig.spec.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@berth/source', 'import', 'node', 'default'],
    },
  },
};
