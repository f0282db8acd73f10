import type { RoleDefinitionDefinition } from '@berth/contracts';
import { scopeOf } from '@berth/definitions';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { targetOf } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import type { Holder } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';
import { RoleDefinitionChanges } from '../role-definition-changes.js';
import { readRole, type RoleJson } from '../role-definition-content.js';

/** Creates a custom role from the JSON that Azure's tools take. */
@Injectable()
export class CreateRoleDefinition {
  constructor(
    private readonly access: RegistryAccess,
    private readonly changes: RoleDefinitionChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'malformed' naming the action or scope that can't be, 'denied' unless the caller may write roles at
   *   every assignable scope, 'conflict' when the name is taken, 'unavailable' without Postgres
   */
  async execute(caller: Caller, json: RoleJson): Promise<{ role: RoleDefinitionDefinition; holder: Holder }> {
    const holder = await this.access.holderOf(caller);
    const action = 'roleDefinitions/write';
    await this.access.requireSomewhere(holder, { action, resourceName: 'role-definitions' });
    const content = readRole(holder, json);
    const at = content.assignableScopes.map((scope) => targetOf(scopeOf(scope)));
    const by = await this.access.requireAt(holder, { action, at, resourceName: content.name });
    const role = await this.db.transaction(async (tx) =>
      this.changes.create(tx, await this.access.again(tx, by), content),
    );
    return { role, holder };
  }
}
