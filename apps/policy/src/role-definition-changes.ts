import type { RoleDefinitionDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DefinitionChanges } from './definition-changes.js';
import type { AuthorizedAt } from './registry-access.js';
import { RoleAssignmentStore } from './role-assignment.js';
import { isSameRole, type RoleDefinitionContent } from './role-definition-content.js';
import { RoleDefinitionStore } from './role-definition.js';

/** Writes custom roles: row, audit entry and published definition, under the account's lock on grants. */
@Injectable()
export class RoleDefinitionChanges {
  constructor(
    private readonly roles: RoleDefinitionStore,
    private readonly assignments: RoleAssignmentStore,
    private readonly changes: DefinitionChanges,
  ) {}

  /** @throws AppError 'conflict' `role-exists` when another has the name */
  async create(tx: Transaction, by: AuthorizedAt, content: RoleDefinitionContent): Promise<RoleDefinitionDefinition> {
    const { account } = by.holder.caller;
    if ((await this.roles.find(tx, account, content.name)) !== null) throw nameTaken(content.name);
    const role: RoleDefinitionDefinition = {
      kind: 'role-definition',
      ...(await this.changes.stamp(tx, account)),
      ...content,
    };
    await this.roles.insert(tx, role);
    await this.changes.tell(tx, by, { event: 'created', state: role, asked: askedOf(content) });
    return role;
  }

  /** Whoever was given the role has what it says now. The same content changes nothing and tells nobody. */
  async update(
    tx: Transaction,
    by: AuthorizedAt,
    change: { before: RoleDefinitionDefinition; next: RoleDefinitionContent },
  ): Promise<RoleDefinitionDefinition> {
    const { before, next } = change;
    if (isSameRole(before, next)) return before;
    const named = await this.roles.find(tx, before.account, next.name);
    if (named !== null && named.id !== before.id) throw nameTaken(next.name);
    const stamp = await this.changes.stamp(tx, before.account, before.id);
    const role: RoleDefinitionDefinition = { ...before, ...next, ...stamp };
    await this.roles.update(tx, role);
    await this.changes.tell(tx, by, { event: 'updated', state: role, asked: askedOf(next) });
    return role;
  }

  /** @throws AppError 'conflict' `role-in-use` with the number of its assignments */
  async delete(tx: Transaction, by: AuthorizedAt, role: RoleDefinitionDefinition): Promise<void> {
    const assignments = await this.assignments.countOfRole(tx, role.account, role.id);
    if (assignments > 0) throw inUse(assignments);
    await this.roles.delete(tx, role);
    await this.changes.tellEnd(tx, by, { state: role });
  }
}

function askedOf({ actions, dataActions, notActions, notDataActions }: RoleDefinitionContent): string {
  const without = [...notActions, ...notDataActions];
  const given = `actions=${[...actions, ...dataActions].join(' ')}`;
  return without.length === 0 ? given : `${given} without=${without.join(' ')}`;
}

function nameTaken(name: string): AppError {
  const message = `there is a role ${JSON.stringify(name)} already`;
  return new AppError({ kind: 'conflict', code: 'role-exists', message });
}

function inUse(assignments: number): AppError {
  const what = assignments === 1 ? 'one role assignment names' : `${assignments} role assignments name`;
  const message = `${what} this role; delete them first`;
  return new AppError({ kind: 'conflict', code: 'role-in-use', message, detail: { assignments } });
}
