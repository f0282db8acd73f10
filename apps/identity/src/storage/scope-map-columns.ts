/**
 * The scope map of a token or fleet is in two columns: the id of one that somebody made, or the name of a system map of its
 * registry. The id counts first: code that knows no system maps sets it alone.
 *
 * @param alias of a row that has `registry_id` too
 * @returns an expression for the one id by which the rest of the code knows it
 */
export function scopeMapIdOf(alias: string): string {
  return `coalesce(${alias}.scope_map_id::text, ${alias}.registry_id::text || '/' || ${alias}.system_scope_map)`;
}

/** The two columns as parameters. */
export function scopeMapParameters(scopeMapId: string): [id: string | null, system: string | null] {
  const [id, system = null] = scopeMapId.split('/', 2);
  return system === null ? [id ?? null, null] : [null, system];
}

/** Which rows have a scope map, with its two parameters; each kind of map has an index of its own. */
export function havingScopeMap(scopeMapId: string): { condition: string; parameters: [string, string | null] } {
  const [id = '', system = null] = scopeMapId.split('/', 2);
  const condition =
    system === null
      ? `scope_map_id = $1::uuid and $2::text is null`
      : `scope_map_id is null and registry_id = $1::uuid and system_scope_map = $2::text`;
  return { condition, parameters: [id, system] };
}
