import type { Definition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { GrantSource, type GrantQuestion } from '../grant-source.js';

interface DefinitionRow {
  readonly definition: Definition;
}

/** What all definitions have, as JSON; `kind` is put in from the list below, never from input. */
const common = (kind: string) =>
  `'kind', '${kind}', 'id', id, 'account', account, 'version', version, 'status', 'active', 'changedAt', changed_at`;

const assignments = `
  select 1 as part, id, jsonb_build_object(${common('role-assignment')}, 'principal', principal, 'role', role, 'scope', scope)
    || case when condition is null then '{}' else jsonb_build_object('condition', condition) end as definition
    from held`;

/** The custom roles that somebody was given. A built-in role's name is nobody's id. */
const roles = `
  select 2, id, jsonb_build_object(${common('role-definition')}, 'name', name, 'description', description,
      'actions', actions, 'notActions', not_actions, 'dataActions', data_actions, 'notDataActions', not_data_actions,
      'assignableScopes', assignable_scopes)
    from role_definition where account = $1 and id::text in (select role from held)`;

const policies = `
  select 3, id, jsonb_build_object(${common('access-policy')}, 'subject', subject, 'roles', roles, 'target', target)
    from access_policy where account = $1 and subject = any($2)`;

const enforcements = `
  select 4, id, jsonb_build_object(${common('enforcement')}, 'region', region, 'isEnforced', is_enforced)
    from enforcement where account = $1`;

/** Also those that an assignment names: a custom role counts only where it is assignable. */
const registries = `
  select 5, id, jsonb_build_object(${common('registry')}, 'name', name, 'region', region, 'resourceGroup', resource_group,
      'plan', plan)
    from registry
   where account = $1 and ($3::uuid[] is null or id = any($3) or id::text in (select scope->>'registryId' from held))`;

const openings = `
  select 6, registry_id, jsonb_build_object('kind', 'anonymous-access', 'id', registry_id, 'account', account,
      'version', version, 'status', 'active', 'changedAt', changed_at, 'registryId', registry_id, 'repositories', repositories)
    from anonymous_access where account = $1 and ($3::uuid[] is null or registry_id = any($3))`;

const prohibitions = `
  select 7, id, jsonb_build_object(${common('prohibition')}, 'cause', cause, 'scope', scope, 'actions', actions,
      'exceptFrom', except_from)
    from prohibition
   where account = $1
     and ($3::uuid[] is null or scope->>'registryId' is null or scope->>'registryId' = any($3::text[]))`;

const parts = [assignments, roles, policies, enforcements, registries, openings, prohibitions].join(' union all ');

/** Reads grants from policy's tables. */
export class PostgresGrantSource extends GrantSource {
  async heldBy(db: Queryable, { account, principals, registryIds }: GrantQuestion): Promise<Definition[]> {
    const rows = await db.query<DefinitionRow>(
      `with held as (
         select id, account, principal, role, scope, condition, version, changed_at
           from role_assignment where account = $1 and principal = any($2))
       select definition from (${parts}) as found order by part, id`,
      [account, principals, registryIds],
    );
    return rows.map(({ definition }) => definition);
  }

  async namespacesOf(db: Queryable, account: string, registryIds: readonly string[] | null): Promise<Definition[]> {
    const rows = await db.query<DefinitionRow>(
      `select jsonb_build_object(${common('namespace')}, 'registryId', registry_id, 'name', name,
                'resourceGroup', resource_group) as definition
         from namespace
        where account = $1 and ($2::uuid[] is null or registry_id = any($2)) and resource_group is not null
        order by id`,
      [account, registryIds],
    );
    return rows.map(({ definition }) => definition);
  }

  async lock(tx: Transaction, account: string): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('berth-grants ' || $1, 0))`, [account]);
  }
}
