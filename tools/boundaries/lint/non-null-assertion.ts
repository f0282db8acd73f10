// at: libs/oci/src/bad.ts
// rule: @typescript-eslint/no-non-null-assertion
export const first = (a: string[]) => a[0]!;
