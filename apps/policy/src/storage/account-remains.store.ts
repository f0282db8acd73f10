import type { Definition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import { AccountRemains, type AccountRemainsQuestion } from '../account-remains.js';
import { deleteAccessPolicies, deleteInTurn, deleteRoleAssignments, lastState } from './last-states.js';

/** What grants goes before what it names. */
const deletions = [
  deleteRoleAssignments('account = $1::uuid'),
  deleteAccessPolicies('account = $1::uuid'),
  `with gone as (
     delete from role_definition
      where id in (select id from role_definition where account = $1::uuid order by id limit $2)
     returning id, account, name, description, actions, not_actions, data_actions, not_data_actions, assignable_scopes)
   select jsonb_build_object(${lastState('role-definition')}, 'name', name, 'description', description, 'actions', actions,
            'notActions', not_actions, 'dataActions', data_actions, 'notDataActions', not_data_actions,
            'assignableScopes', assignable_scopes) as definition from gone`,
  `with gone as (
     delete from enforcement where id in (select id from enforcement where account = $1::uuid order by id limit $2)
     returning id, account, region, is_enforced)
   select jsonb_build_object(${lastState('enforcement')}, 'region', region, 'isEnforced', is_enforced) as definition
     from gone`,
  `with gone as (
     delete from prohibition
      where id in (select id from prohibition where account = $1::uuid and id <> $1::uuid order by id limit $2)
     returning id, account, cause, scope, actions, except_from)
   select jsonb_build_object(${lastState('prohibition')}, 'cause', cause, 'scope', scope, 'actions', actions,
            'exceptFrom', except_from) as definition from gone`,
];

/** Deletes from policy's tables what belongs to an account. */
export class PostgresAccountRemains extends AccountRemains {
  async deleteSome(tx: Transaction, { account, limit, changedAt }: AccountRemainsQuestion): Promise<Definition[]> {
    return deleteInTurn(tx, deletions, { owner: account, limit, changedAt });
  }
}
