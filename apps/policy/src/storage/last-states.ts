import type { Definition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';

/** What is deleted, and how many of it at most. */
export interface EndingQuestion {
  /** Id of what all of it belongs to. */
  readonly owner: string;
  readonly limit: number;
  /** When it ends, ISO 8601. */
  readonly changedAt: string;
  /** What else all statements ask by, from $4 on; left out = nothing. */
  readonly more?: readonly string[];
}

/** What the last state of a definition begins with; `kind` is written here, never from input, and $3 says when. */
export const lastState = (kind: Definition['kind']): string =>
  `'kind', '${kind}', 'id', id, 'account', account, 'version', nextval('version_seq'), 'status', 'deleted', 'changedAt', $3::text`;

/** A statement of {@link deleteInTurn}. @param where written here, never from input */
export const deleteRoleAssignments = (where: string): string =>
  `with gone as (
     delete from role_assignment where id in (select id from role_assignment where ${where} order by id limit $2)
     returning id, account, principal, role, scope)
   select jsonb_build_object(${lastState('role-assignment')}, 'principal', principal, 'role', role, 'scope', scope) as definition
     from gone`;

/** As {@link deleteRoleAssignments}. */
export const deleteAccessPolicies = (where: string): string =>
  `with gone as (
     delete from access_policy where id in (select id from access_policy where ${where} order by id limit $2)
     returning id, account, subject, roles, target)
   select jsonb_build_object(${lastState('access-policy')}, 'subject', subject, 'roles', roles, 'target', target) as definition
     from gone`;

/**
 * Deletes what these statements find, the first of them first.
 *
 * @param deletions one for each kind of definition, answering the last states as `definition`; $1 owner, $2 at most so many,
 *   $3 when
 */
export async function deleteInTurn(
  tx: Transaction,
  deletions: readonly string[],
  { owner, limit, changedAt, more = [] }: EndingQuestion,
): Promise<Definition[]> {
  const deleted: Definition[] = [];
  for (const sql of deletions) {
    const params = [owner, limit - deleted.length, changedAt, ...more];
    const rows = await tx.query<{ definition: Definition }>(sql, params);
    deleted.push(...rows.map(({ definition }) => definition));
    if (deleted.length >= limit) break;
  }
  return deleted;
}
