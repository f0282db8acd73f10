// at: libs/oci/src/bad.ts
// rule: @typescript-eslint/no-explicit-any
export function f(x: any): unknown {
  return x;
}
