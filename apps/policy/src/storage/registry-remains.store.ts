import type { Definition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import { RegistryRemains, type RemainsQuestion } from '../registry-remains.js';
import { deleteInTurn, deleteRoleAssignments, lastState } from './last-states.js';

const deletions = [
  `with gone as (
     delete from scope_map where id in (select id from scope_map where registry_id = $1::uuid order by id limit $2)
     returning id, account, registry_id, name, description, actions)
   select jsonb_build_object(${lastState('scope-map')}, 'registryId', registry_id, 'name', name, 'description', description,
            'actions', actions) as definition from gone`,
  deleteRoleAssignments(`scope->>'registryId' = $1::text`),
  `with gone as (
     delete from namespace where id in (select id from namespace where registry_id = $1::uuid order by id limit $2)
     returning id, account, registry_id, name, resource_group)
   select jsonb_build_object(${lastState('namespace')}, 'registryId', registry_id, 'name', name,
            'resourceGroup', resource_group) as definition from gone`,
  `with gone as (
     delete from prohibition
      where id in (
        select id from prohibition where scope->>'registryId' = $1::text and id <> $1::uuid order by id limit $2)
     returning id, account, cause, scope, actions, except_from)
   select jsonb_build_object(${lastState('prohibition')}, 'cause', cause, 'scope', scope, 'actions', actions,
            'exceptFrom', except_from) as definition from gone`,
  `with gone as (
     delete from anonymous_access where registry_id = $1::uuid and $2 > 0
     returning registry_id as id, account, repositories)
   select jsonb_build_object(${lastState('anonymous-access')}, 'registryId', id, 'repositories', repositories) as definition
     from gone`,
  `with gone as (
     delete from content_policies where registry_id = $1::uuid and $2 > 0
     returning registry_id as id, account, quarantine, immutability, quota)
   select jsonb_build_object(${lastState('content-policies')}, 'registryId', id, 'quarantine', quarantine,
            'immutability', immutability, 'quota', quota) as definition from gone`,
];

/** Deletes from policy's tables what belongs to a registry. */
export class PostgresRegistryRemains extends RegistryRemains {
  async deleteSome(tx: Transaction, { registryId, limit, changedAt }: RemainsQuestion): Promise<Definition[]> {
    return deleteInTurn(tx, deletions, { owner: registryId, limit, changedAt });
  }
}
