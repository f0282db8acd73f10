import type { RoleDefinitionDefinition } from '@berth/contracts';
import { scopeOf } from '@berth/definitions';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { builtInRoles, targetOf } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { decideAt, holdsAnywhere, wholeAccount, type Holder } from '../holder.js';
import { mergedPage, type NamedPage } from '../merged-page.js';
import { RegistryAccess } from '../registry-access.js';
import { answerOf, builtInAnswer, type RoleAnswer } from '../role-definition-answer.js';
import { RoleDefinitionStore } from '../role-definition.js';

const action = 'roleDefinitions/read';

/** Lists built-in roles, and custom ones that the caller may see, by name. */
@Injectable()
export class ListRoleDefinitions {
  constructor(
    private readonly access: RegistryAccess,
    private readonly roles: RoleDefinitionStore,
    private readonly db: Database,
  ) {}

  /**
   * @param page limit: 1..1000
   * @returns at most `limit + 1` roles: one more than the page says that there is another page
   * @throws AppError 'denied' (with an entry in the audit log) when the caller may read roles nowhere
   */
  async execute(caller: Caller, { after, limit }: NamedPage): Promise<RoleAnswer[]> {
    const holder = await this.access.holderOf(caller);
    if (!holdsAnywhere(holder, action)) {
      await this.access.requireAt(holder, { action, at: [wholeAccount], resourceName: 'role-definitions' });
    }
    const own = [...builtInRoles.keys()].flatMap((name) => builtInAnswer(name) ?? []);
    const custom = await this.visible(holder, { after, limit: limit + 1 });
    const answers = custom.map((role) => answerOf(holder.grants, role));
    return mergedPage(own, answers, { after, limit: limit + 1 });
  }

  private async visible(holder: Holder, { after, limit }: NamedPage): Promise<RoleDefinitionDefinition[]> {
    const visible: RoleDefinitionDefinition[] = [];
    let last = after;
    for (;;) {
      const found = await this.roles.page(this.db, holder.caller.account, { after: last, limit });
      visible.push(...found.filter((role) => isVisible(holder, role)));
      last = found.at(-1)?.name ?? null;
      if (visible.length >= limit || found.length < limit) return visible.slice(0, limit);
    }
  }
}

function isVisible(holder: Holder, { assignableScopes }: RoleDefinitionDefinition): boolean {
  return assignableScopes.some((scope) => decideAt(holder, action, targetOf(scopeOf(scope))).effect === 'allow');
}
