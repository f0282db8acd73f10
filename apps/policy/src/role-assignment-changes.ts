import type { RoleAssignmentDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import { parsePrincipalRef } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { DefinitionChanges } from './definition-changes.js';
import { requireKnown } from './known-principal.js';
import { Principals } from './principals.js';
import type { AuthorizedAt } from './registry-access.js';
import { RoleAssignmentStore, type RoleAssignmentContent } from './role-assignment.js';

/** What is to be assigned, and in which words it was asked. */
export interface WantedAssignment {
  readonly content: RoleAssignmentContent;
  readonly asked: string;
}

/** Writes role assignments, of principals that are there: row, audit entry and published definition, under the account's lock on grants. */
@Injectable()
export class RoleAssignmentChanges {
  constructor(
    private readonly assignments: RoleAssignmentStore,
    private readonly changes: DefinitionChanges,
    private readonly principals: Principals,
  ) {}

  /** Before the transaction. @throws AppError 'malformed' `unknown-principal`, 'unavailable' without identity */
  async requirePrincipal(account: string, principal: string): Promise<void> {
    await requireKnown(this.principals, account, principal);
  }

  /** One that says the same is not made twice, so that deleting it takes away what it gives. */
  async create(
    tx: Transaction,
    by: AuthorizedAt,
    { content, asked }: WantedAssignment,
  ): Promise<{ assignment: RoleAssignmentDefinition; isNew: boolean }> {
    const { account } = by.holder.caller;
    const same = await this.assignments.same(tx, account, content);
    if (same !== null) return { assignment: same, isNew: false };
    const assignment: RoleAssignmentDefinition = {
      kind: 'role-assignment',
      ...(await this.changes.stamp(tx, account)),
      ...content,
    };
    await this.assignments.insert(tx, assignment);
    await this.changes.tell(tx, by, { event: 'created', state: assignment, asked });
    return { assignment, isNew: true };
  }

  /**
   * Those who could give access to the account without this assignment, if it is an Owner's: identity has them, and they can
   * log in. Before the transaction, as identity is asked.
   *
   * @returns their refs; none for another role
   * @throws AppError 'unavailable' without identity
   */
  async otherOwners(db: Queryable, assignment: RoleAssignmentDefinition): Promise<ReadonlySet<string>> {
    if (!isOwner(assignment)) return new Set();
    const others = await this.ownersBeside(db, assignment);
    const known = await this.principals.find(assignment.account, others.map(parsePrincipalRef));
    return new Set(others.filter((ref) => known.get(ref)?.refusal === null));
  }

  /**
   * @param others who count as another Owner, by {@link otherOwners}
   * @throws AppError 'conflict' `last-owner`: nobody could give access to the account any more
   */
  async delete(
    tx: Transaction,
    by: AuthorizedAt,
    { assignment, others }: { readonly assignment: RoleAssignmentDefinition; readonly others: ReadonlySet<string> },
  ): Promise<void> {
    if (isOwner(assignment)) {
      const left = await this.ownersBeside(tx, assignment);
      if (!left.some((ref) => others.has(ref))) throw lastOwner();
    }
    await this.assignments.delete(tx, assignment);
    const { principal, role } = assignment;
    await this.changes.tellEnd(tx, by, { state: assignment, asked: `principal=${principal} role=${role}` });
  }

  /** The oldest of them. A group may be empty, so it is nobody's last resort. */
  private async ownersBeside(db: Queryable, { account, id }: RoleAssignmentDefinition): Promise<string[]> {
    const owners = { principal: null, role: 'Owner', scope: { kind: 'account' }, after: null, limit: 1000 } as const;
    const found = (await this.assignments.page(db, account, owners)).filter(
      (other) => other.id !== id && isOwner(other) && !other.principal.startsWith('group:'),
    );
    return [...new Set(found.map(({ principal }) => principal))];
  }
}

function lastOwner(): AppError {
  const message =
    'this is the last Owner of the account who can log in (groups do not count, as they may be empty); give the role to somebody else first';
  return new AppError({ kind: 'conflict', code: 'last-owner', message });
}

function isOwner({ role, scope }: RoleAssignmentDefinition): boolean {
  return role === 'Owner' && scope.kind === 'account';
}
