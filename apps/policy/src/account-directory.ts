import { DefinitionsView, type DecisionSettings } from '@berth/definitions';
import type { AccessPolicy, GrantDirectory, PrincipalRef, RoleAssignment, ScopeMap } from '@berth/policy-engine';

/** What a directory lists beside what it can look up. */
export interface Listed {
  /** Every principal and group of the account that somebody gave something. */
  readonly holders: readonly PrincipalRef[];
  /** Ids of the scope maps of the one registry that is asked about. */
  readonly scopeMapIds: readonly string[];
}

/** All that is granted in one account, for questions that start from no principal. */
export class AccountDirectory extends DefinitionsView implements GrantDirectory {
  /** Groups whose members were asked for. */
  readonly askedGroups = new Set<PrincipalRef>();
  private imported: readonly PrincipalRef[] = [];
  private readonly members = new Map<PrincipalRef, readonly PrincipalRef[]>();

  constructor(
    settings: DecisionSettings,
    private readonly listed: Listed,
  ) {
    super(settings);
  }

  /** From now on these are the members of a group; until then it has none. */
  setMembers(group: PrincipalRef, members: readonly PrincipalRef[]): void {
    this.members.set(group, members);
  }

  /** From now on these are the users that the account's import brought. */
  setImportedUsers(users: readonly PrincipalRef[]): void {
    this.imported = users;
  }

  roleAssignmentsIn(): readonly RoleAssignment[] {
    return this.listed.holders.flatMap((ref) => this.roleAssignmentsOf(ref));
  }

  accessPoliciesIn(): readonly AccessPolicy[] {
    return this.listed.holders.flatMap((ref) => this.accessPoliciesOf(ref));
  }

  scopeMapsIn(): readonly ScopeMap[] {
    return this.listed.scopeMapIds.flatMap((id) => this.scopeMap(id) ?? []);
  }

  membersOf(group: PrincipalRef): readonly PrincipalRef[] {
    this.askedGroups.add(group);
    return this.members.get(group) ?? [];
  }

  /** Nobody until {@link setImportedUsers}. */
  importedUsersOf(): readonly PrincipalRef[] {
    return this.imported;
  }
}
