import { scopeOf } from '@berth/definitions';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { scopeContains, targetOf, type AssignmentScope } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { builtInRole, customRole, warningsOf, type AssignedRole } from '../assigned-role.js';
import type { Holder } from '../holder.js';
import { RegistryAccess, type AuthorizedAt } from '../registry-access.js';
import type { ShownAssignment } from '../role-assignment-answer.js';
import { RoleAssignmentChanges } from '../role-assignment-changes.js';
import { RoleDefinitionStore } from '../role-definition.js';
import { formatScopePath, readScopePath } from '../scope-path.js';
import { checkCondition, type NewAssignment } from './assignment-content.js';

/** An assignment as it is now, and by whom it was read. */
export interface CreatedAssignment extends ShownAssignment {
  readonly isNew: boolean;
  readonly holder: Holder;
}

/** Gives a principal a role. Who may do this may give any role there, also one that they don't hold. */
@Injectable()
export class CreateRoleAssignment {
  constructor(
    private readonly access: RegistryAccess,
    private readonly roles: RoleDefinitionStore,
    private readonly changes: RoleAssignmentChanges,
    private readonly db: Database,
  ) {}

  /**
   * @returns the one that is there when it says the same already
   * @throws AppError 'malformed' for a scope that isn't one of the account, a principal that the account doesn't have
   *   (`unknown-principal`), an unknown role (`unknown-role`), a scope where the role can't be assigned
   *   (`not-assignable-here`) or a condition that is missing or not possible; 'denied' (with an entry in the audit log) unless
   *   the caller may assign roles on all of the scope; 'unavailable' without Postgres or identity
   */
  async execute(caller: Caller, wanted: NewAssignment): Promise<CreatedAssignment> {
    const holder = await this.access.holderInAccount(caller);
    const attempt = { action: 'roleAssignments/write', resourceName: wanted.role, asked: askedOf(wanted) } as const;
    await this.access.requireSomewhere(holder, attempt);
    const scope = readScopePath(holder, attempt.action, wanted.scope);
    const by = await this.access.requireAt(holder, { ...attempt, at: [targetOf(scope)] });
    await this.changes.requirePrincipal(caller.account, wanted.principal);
    return this.db.transaction(async (tx) => this.assign(tx, await this.access.again(tx, by), { wanted, scope }));
  }

  private async assign(
    tx: Transaction,
    by: AuthorizedAt,
    { wanted, scope }: { readonly wanted: NewAssignment; readonly scope: AssignmentScope },
  ): Promise<CreatedAssignment> {
    const { principal, condition } = wanted;
    const { holder } = by;
    const role = await this.roleOf(tx, holder, wanted.role);
    if (role.kind === 'custom') requireAssignable(holder, role, scope);
    checkCondition(role, scope, condition);
    const content = {
      ...{ principal, role: role.kind === 'custom' ? role.role.id : role.name, scope },
      ...(condition === undefined ? {} : { condition }),
    };
    const warnings = warningsOf(content, role);
    const asked = [askedOf(wanted), ...warnings.map(({ code }) => `warning=${code}`)].join(' ');
    const { assignment, isNew } = await this.changes.create(tx, by, { content, asked });
    return { assignment, roleName: role.name, warnings, isNew, holder };
  }

  private async roleOf(tx: Transaction, { caller }: Holder, name: string): Promise<AssignedRole> {
    const builtIn = builtInRole(name);
    if (builtIn !== null) return builtIn;
    const role = await this.roles.find(tx, caller.account, name);
    if (role !== null) return customRole(role);
    const message = `there is no role ${JSON.stringify(name)}`;
    throw new AppError({ kind: 'malformed', code: 'unknown-role', message, detail: { role: name } });
  }
}

function requireAssignable(
  { grants, caller: { account } }: Holder,
  { role }: Extract<AssignedRole, { kind: 'custom' }>,
  scope: AssignmentScope,
): void {
  const isInside = role.assignableScopes.some((outer) => scopeContains(grants, scopeOf(outer), { scope, account }));
  if (isInside) return;
  const assignable = role.assignableScopes.map((outer) => formatScopePath(grants, outer));
  const shown = assignable.slice(0, 5).join(', ');
  throw new AppError({
    kind: 'malformed',
    code: 'not-assignable-here',
    message: `the role ${role.name} can be assigned within ${shown} only`,
    detail: { assignableScopes: assignable },
  });
}

function askedOf({ principal, role, scope, condition }: NewAssignment): string {
  const asked = `principal=${principal} role=${role} scope=${scope}`;
  return condition === undefined ? asked : `${asked} repositories=${condition.repositories.join(' ')}`;
}
