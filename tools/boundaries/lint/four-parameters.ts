// at: infra/topics/src/bad.ts
// rule: max-params
export function f(a: number, b: number, c: number, d: number): number {
  return a + b + c + d;
}
