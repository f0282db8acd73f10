import type { TokenFilter } from '../token-filter.js';
import { scopeMapParameters } from './scope-map-columns.js';

/**
 * The condition of a {@link TokenFilter} as parameters 4 to 9, behind account, registry and the name of the page before.
 * What is null folds away when the statement is planned, as it is each time with its values. Names are ASCII, so `~` stands
 * behind all of them.
 */
export const filterCondition = `account = $1 and registry_id = $2 and name > $3
  and ($4::text is null or (name >= $4 and name < $4 || '~'))
  and ($5::text[] is null or name = any($5))
  and ($6::jsonb is null or (labels @> $6 and labels <> '{}'))
  and ($7::text is null or status = $7)
  and ($8::uuid is null or scope_map_id = $8)
  and ($9::text is null or (system_scope_map = $9 and scope_map_id is null))`;

export function filterParameters({ prefix, names, labels, status, scopeMapId }: TokenFilter): unknown[] {
  const scopeMap = scopeMapId === null ? [null, null] : scopeMapParameters(scopeMapId);
  return [prefix, names, labels === null ? null : JSON.stringify(labels), status, ...scopeMap];
}
