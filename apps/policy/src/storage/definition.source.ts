import type { Definition } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';
import { DefinitionSource } from '../definition-source.js';

interface DefinitionRow {
  readonly definition: Definition;
}

const scopeMaps = `
  select jsonb_build_object('kind', 'scope-map', 'id', id, 'account', account, 'version', version, 'status', 'active',
      'changedAt', changed_at, 'registryId', registry_id, 'name', name, 'description', description, 'actions', actions)
    || case when conditions is null then '{}' else jsonb_build_object('conditions', conditions) end as definition
    from scope_map`;

/** Reads definitions from policy's tables. */
export class PostgresDefinitionSource extends DefinitionSource {
  async holdersIn(db: Queryable, account: string): Promise<string[]> {
    const rows = await db.query<{ holder: string }>(
      `select principal as holder from role_assignment where account = $1
       union select subject from access_policy where account = $1
       order by holder`,
      [account],
    );
    return rows.map(({ holder }) => holder);
  }

  async scopeMaps(db: Queryable, account: string, ids: readonly string[]): Promise<Definition[]> {
    const sql = `${scopeMaps} where account = $1 and id = any($2::uuid[])`;
    return definitionsOf(await db.query<DefinitionRow>(sql, [account, ids]));
  }

  async scopeMapsIn(db: Queryable, account: string, registryId: string): Promise<Definition[]> {
    const sql = `${scopeMaps} where account = $1 and registry_id = $2`;
    return definitionsOf(await db.query<DefinitionRow>(sql, [account, registryId]));
  }
}

function definitionsOf(rows: readonly DefinitionRow[]): Definition[] {
  return rows.map(({ definition }) => definition);
}
