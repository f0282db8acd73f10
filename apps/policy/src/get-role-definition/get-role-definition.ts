import { scopeOf } from '@berth/definitions';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { targetOf } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { decideAt, holdsAnywhere, wholeAccount } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';
import { answerOf, builtInAnswer, type RoleAnswer } from '../role-definition-answer.js';
import { noSuchRole, RoleDefinitionStore } from '../role-definition.js';

/** One role, built-in or custom, by its id or name. */
@Injectable()
export class GetRoleDefinition {
  constructor(
    private readonly access: RegistryAccess,
    private readonly roles: RoleDefinitionStore,
    private readonly db: Database,
  ) {}

  /**
   * A custom role is read by who may read roles at one of its scopes; a built-in one by who may anywhere.
   *
   * @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres
   */
  async execute(caller: Caller, idOrName: string): Promise<RoleAnswer> {
    const holder = await this.access.holderOf(caller);
    const action = 'roleDefinitions/read';
    const ofAll = builtInAnswer(idOrName);
    if (ofAll !== null) {
      const attempt = { action, at: [wholeAccount], resourceName: idOrName } as const;
      if (!holdsAnywhere(holder, action)) await this.access.requireAt(holder, attempt);
      return ofAll;
    }
    const role = await this.roles.find(this.db, caller.account, idOrName);
    if (role === null) throw noSuchRole();
    const places = role.assignableScopes.map((scope) => targetOf(scopeOf(scope)));
    const seen = places.find((where) => decideAt(holder, action, where).effect === 'allow');
    const at = seen === undefined ? places : [seen];
    await this.access.requireAt(holder, { action, at, resourceName: role.name });
    return answerOf(holder.grants, role);
  }
}
