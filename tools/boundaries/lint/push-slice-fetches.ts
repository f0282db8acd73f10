// at: apps/registry/src/push-manifest/bad.ts
// rule: no-restricted-globals
export const f = () => fetch('http://127.0.0.1');
