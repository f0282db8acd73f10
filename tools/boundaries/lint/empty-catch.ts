// at: libs/oci/src/bad.ts
// rule: no-empty
export function f(): void {
  try {
    JSON.parse('');
  } catch {}
}
