import { maxGroups } from '@berth/contracts';
import { parsePrincipalRef, type PrincipalRef } from '@berth/policy-engine';

/**
 * The groups of one principal as JSON, `group:<id>` each, as many as a token can name. Looked up by index, for each row by
 * itself.
 */
export function groupsOf(kind: 'user' | 'service', id: string): string {
  return `coalesce((select to_json((array_agg('group:' || m.group_id order by m.group_id))[1:${maxGroups}]) from group_member m
    where m.member_id = ${id} and m.member_kind = '${kind}'), '[]'::json)`;
}

/** What {@link ownerFacts} gives. */
export interface OwnerFactsRow {
  readonly version: number;
  readonly status: 'enabled' | 'disabled';
  readonly isImported: boolean;
  readonly groups: readonly string[];
}

/** What the owner of `token t` is decided by, as JSON; null for a token without one, and for an owner that is gone. */
export const ownerFacts = `case t.owner_kind
  when 'user' then (
    select json_build_object('version', u.version, 'status', u.status, 'isImported', u.is_imported,
                             'groups', ${groupsOf('user', 'u.id')})
      from user_account u where u.id = t.owner_id and u.account = t.account)
  when 'service' then (
    select json_build_object('version', s.version, 'status', s.status, 'isImported', false,
                             'groups', ${groupsOf('service', 's.id')})
      from service_id s where s.id = t.owner_id and s.account = t.account)
  when 'workload' then (
    select json_build_object('version', w.version, 'status', 'enabled', 'isImported', false, 'groups', '[]'::json)
      from workload w where w.id = t.owner_id and w.account = t.account)
end`;

/** The version of the owner of `token t`; null as with {@link ownerFacts}. Costs nothing for a token without one. */
export const ownerVersion = `case t.owner_kind
  when 'user' then (select u.version from user_account u where u.id = t.owner_id and u.account = t.account)
  when 'service' then (select s.version from service_id s where s.id = t.owner_id and s.account = t.account)
  when 'workload' then (select w.version from workload w where w.id = t.owner_id and w.account = t.account)
end`;

export function refsOf(groups: readonly string[]): PrincipalRef[] {
  return groups.map(parsePrincipalRef);
}
