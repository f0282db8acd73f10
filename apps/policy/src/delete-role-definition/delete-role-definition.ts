import { scopeOf } from '@berth/definitions';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { builtInRoles, targetOf } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { RoleDefinitionChanges } from '../role-definition-changes.js';
import { builtIn } from '../role-definition-content.js';
import { noSuchRole, RoleDefinitionStore } from '../role-definition.js';

/** Deletes a custom role that nobody has. */
@Injectable()
export class DeleteRoleDefinition {
  constructor(
    private readonly access: RegistryAccess,
    private readonly roles: RoleDefinitionStore,
    private readonly changes: RoleDefinitionChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found', 'denied' unless the caller may delete roles at every scope of it, 'conflict' for a
   *   built-in role or `role-in-use` with the number of assignments, 'unavailable' without Postgres
   */
  async execute(caller: Caller, idOrName: string): Promise<void> {
    if (builtInRoles.has(idOrName)) throw builtIn(idOrName);
    const before = await this.access.holderOf(caller);
    await this.db.transaction(async (tx) => {
      const holder = await this.access.holderAgain(tx, before);
      const role = await this.roles.find(tx, caller.account, idOrName);
      if (role === null) throw noSuchRole();
      const at = role.assignableScopes.map((scope) => targetOf(scopeOf(scope)));
      const attempt = { action: 'roleDefinitions/delete', at, resourceName: role.name } as const;
      await this.changes.delete(tx, await this.access.requireAt(holder, attempt), role);
    });
  }
}
