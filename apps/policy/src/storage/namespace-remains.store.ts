import type { Definition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import { NamespaceRemains, type NamespaceRemainsQuestion } from '../namespace-remains.js';
import { deleteAccessPolicies, deleteInTurn, deleteRoleAssignments } from './last-states.js';

/** $1 registry, $4 name. What is said as empty is not said. */
const deletions = [
  deleteRoleAssignments(`scope->>'registryId' = $1::text
    and (scope->>'namespace' = $4::text or split_part(scope->>'pattern', '/', 1) = $4::text)`),
  deleteAccessPolicies(`target->>'resourceType' = 'namespace' and target->>'resource' = $4::text
    and ((target->>'isForAllServices')::boolean or coalesce(target->>'serviceName', '') in ('', 'container-registry'))
    and array[$1::uuid] = (
      select array_agg(r.id) from registry r
       where r.account = access_policy.account and coalesce(target->>'region', '') in ('', r.region))`),
  `with kept as (
     update content_policies
        set quota = jsonb_set(quota, '{namespaces}', coalesce(
              (select jsonb_agg(one.quota order by one.place)
                 from jsonb_array_elements(quota->'namespaces') with ordinality as one (quota, place)
                where one.quota->>'namespace' <> $4::text), '[]')),
            version = nextval('version_seq'), changed_at = $3::text::timestamptz
      where registry_id = $1::uuid and $2 > 0
        and quota->'namespaces' @> jsonb_build_array(jsonb_build_object('namespace', $4::text))
     returning registry_id as id, account, quarantine, immutability, quota, version)
   select jsonb_build_object('kind', 'content-policies', 'id', id, 'account', account, 'version', version, 'status', 'active',
            'changedAt', $3::text, 'registryId', id, 'quarantine', quarantine, 'immutability', immutability,
            'quota', quota) as definition from kept`,
];

/** Deletes from policy's tables what names a namespace. */
export class PostgresNamespaceRemains extends NamespaceRemains {
  async deleteSome(
    tx: Transaction,
    { registryId, name, limit, changedAt }: NamespaceRemainsQuestion,
  ): Promise<Definition[]> {
    return deleteInTurn(tx, deletions, { owner: registryId, limit, changedAt, more: [name] });
  }
}
