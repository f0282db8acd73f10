// at: apps/audit/src/bad.ts
// rule: n/no-process-env
export const port = process.env['PORT'];
