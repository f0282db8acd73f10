import type { RoleAssignmentDefinition } from '@berth/contracts';
import { scopeOf } from '@berth/definitions';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { builtInRoles, targetOf } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { decideAt, holdsAnywhere, wholeAccount, type Holder } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';
import { answerOf, type AssignmentAnswer } from '../role-assignment-answer.js';
import { RoleAssignmentStore, type RoleAssignmentPage } from '../role-assignment.js';
import { RoleDefinitionStore } from '../role-definition.js';
import { readScopePath } from '../scope-path.js';
import { ShownAssignments } from '../shown-assignments.js';

/** Which assignments; null = whatever it is. */
export interface ListRoleAssignmentsRequest {
  readonly principal: string | null;
  /** A built-in role's name, or a custom role's name or id. */
  readonly role: string | null;
  /** Exactly this scope, as a path. */
  readonly scope: string | null;
  /** The last id of the page before; null = the first page. */
  readonly after: string | null;
  /** 1..1000. */
  readonly limit: number;
}

const action = 'roleAssignments/read';

/** Rows in one statement: who sees little of much is answered with few of them. */
const looksAt = 1001;

/** Lists the role assignments that the caller may see, the oldest first. */
@Injectable()
export class ListRoleAssignments {
  constructor(
    private readonly access: RegistryAccess,
    private readonly assignments: RoleAssignmentStore,
    private readonly roles: RoleDefinitionStore,
    private readonly shown: ShownAssignments,
    private readonly db: Database,
  ) {}

  /**
   * @returns at most `limit + 1` assignments: one more than the page says that there is another page
   * @throws AppError 'malformed' for a scope that isn't one of the account, 'denied' (with an entry in the audit log) when
   *   the caller may see assignments nowhere, 'unavailable' without Postgres
   */
  async execute(caller: Caller, request: ListRoleAssignmentsRequest): Promise<AssignmentAnswer[]> {
    const { principal, after, limit } = request;
    const holder = await this.access.holderOf(caller);
    if (!holdsAnywhere(holder, action)) {
      await this.access.requireAt(holder, { action, at: [wholeAccount], resourceName: 'role-assignments' });
    }
    const scope = request.scope === null ? null : readScopePath(holder, action, request.scope);
    const role = request.role === null ? null : await this.roleId(caller.account, request.role);
    const found = await this.visible(holder, { principal, role, scope, after, limit: limit + 1 });
    return (await this.shown.of(caller.account, found)).map((each) => answerOf(holder.grants, each));
  }

  private async roleId(account: string, role: string): Promise<string> {
    if (builtInRoles.has(role)) return role;
    return (await this.roles.find(this.db, account, role))?.id ?? role;
  }

  private async visible(holder: Holder, page: RoleAssignmentPage): Promise<RoleAssignmentDefinition[]> {
    const visible: RoleAssignmentDefinition[] = [];
    let { after } = page;
    for (;;) {
      const found = await this.assignments.page(this.db, holder.caller.account, { ...page, after, limit: looksAt });
      visible.push(
        ...found.filter(({ scope }) => decideAt(holder, action, targetOf(scopeOf(scope))).effect === 'allow'),
      );
      after = found.at(-1)?.id ?? null;
      if (visible.length >= page.limit || found.length < looksAt) return visible.slice(0, page.limit);
    }
  }
}
