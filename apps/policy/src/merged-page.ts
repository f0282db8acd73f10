/** Which page of things that are ordered by name. */
export interface NamedPage {
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * One page of stored things and of Berth's own, by name as Postgres orders it (bytes).
 *
 * @param own    constants with names in ASCII
 * @param stored what the store has on this page, at most `limit` of it, ascending
 */
export function mergedPage<Thing extends { readonly name: string }>(
  own: readonly Thing[],
  stored: readonly Thing[],
  { after, limit }: NamedPage,
): Thing[] {
  const following = own.filter(({ name }) => after === null || inByteOrder(name, after) > 0);
  return [...following, ...stored].sort((one, other) => inByteOrder(one.name, other.name)).slice(0, limit);
}

function inByteOrder(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
