import {
  type AccountDefinition,
  type Definition,
  type RegistryDefinition,
  type RoleAssignmentDefinition,
  type ScopeMapDefinition,
} from '@berth/contracts';
import { parseRepositoryPattern } from '@berth/access';
import { assertNever } from '@berth/errors';
import {
  indexScopeMap,
  parsePrincipalRef,
  type AssignmentScope,
  type DefinitionsView as DecisionView,
  type PrincipalRef,
  type RoleAssignment,
  type ScopeMap,
} from '@berth/policy-engine';

const none: readonly RoleAssignment[] = [];

/**
 * The definitions in memory, indexed as decisions and requests look them up. Only active ones are found: a deleted one is
 * as if it had never been. Whoever calls {@link upsert} holds by version.
 */
export class DefinitionsView implements DecisionView {
  private readonly accounts = new Map<string, AccountDefinition>();
  private readonly registries = new Map<string, RegistryDefinition>();
  private readonly registryIds = new Map<string, string>();
  private readonly scopeMaps = new Map<string, ScopeMap>();
  private readonly scopeMapIds = new Map<string, string>();
  private readonly assignments = new Map<string, RoleAssignment>();
  private readonly assignmentsByPrincipal = new Map<PrincipalRef, readonly RoleAssignment[]>();

  /**
   * Takes in the latest state of one definition.
   *
   * @throws AppError 'malformed' when the state can't be decided from; the definition is then no longer found, so that
   *   nothing is granted from an older state of it
   */
  upsert(definition: Definition): void {
    this.remove(definition.kind, definition.id);
    if (definition.status === 'deleted') return;
    switch (definition.kind) {
      case 'account':
        this.accounts.set(definition.id, definition);
        return;
      case 'registry':
        this.registries.set(definition.id, definition);
        this.registryIds.set(definition.name, definition.id);
        return;
      case 'scope-map':
        this.addScopeMap(definition);
        return;
      case 'role-assignment':
        this.addAssignment(definition);
        return;
      default:
        assertNever(definition);
    }
  }

  /** Forgets one definition, whose newest state could not be read. */
  remove(kind: Definition['kind'], id: string): void {
    switch (kind) {
      case 'account':
        this.accounts.delete(id);
        return;
      case 'registry':
        this.removeRegistry(id);
        return;
      case 'scope-map':
        this.removeScopeMap(id);
        return;
      case 'role-assignment':
        this.removeAssignment(id);
        return;
      default:
        assertNever(kind);
    }
  }

  account(id: string): AccountDefinition | null {
    return this.accounts.get(id) ?? null;
  }

  registry(id: string): RegistryDefinition | null {
    return this.registries.get(id) ?? null;
  }

  registryByName(name: string): RegistryDefinition | null {
    const id = this.registryIds.get(name);
    return id === undefined ? null : this.registry(id);
  }

  scopeMap(id: string): ScopeMap | null {
    return this.scopeMaps.get(id) ?? null;
  }

  scopeMapByName(registryId: string, name: string): ScopeMap | null {
    const id = this.scopeMapIds.get(scopeMapName(registryId, name));
    return id === undefined ? null : this.scopeMap(id);
  }

  roleAssignmentsOf(ref: PrincipalRef): readonly RoleAssignment[] {
    return this.assignmentsByPrincipal.get(ref) ?? none;
  }

  private addScopeMap(definition: ScopeMapDefinition): void {
    this.scopeMaps.set(definition.id, indexScopeMap(definition));
    this.scopeMapIds.set(scopeMapName(definition.registryId, definition.name), definition.id);
  }

  private addAssignment({ id, account, version, status, role, ...rest }: RoleAssignmentDefinition): void {
    const principal = parsePrincipalRef(rest.principal);
    const assignment = { id, account, version, status, role, principal, scope: scopeOf(rest.scope) };
    this.assignments.set(id, assignment);
    this.assignmentsByPrincipal.set(principal, [...this.roleAssignmentsOf(principal), assignment]);
  }

  private removeRegistry(id: string): void {
    const known = this.registries.get(id);
    this.registries.delete(id);
    // A name may have been given to another registry since.
    if (known !== undefined && this.registryIds.get(known.name) === id) this.registryIds.delete(known.name);
  }

  private removeScopeMap(id: string): void {
    const known = this.scopeMaps.get(id);
    this.scopeMaps.delete(id);
    if (known === undefined) return;
    const name = scopeMapName(known.registryId, known.name);
    if (this.scopeMapIds.get(name) === id) this.scopeMapIds.delete(name);
  }

  private removeAssignment(id: string): void {
    const known = this.assignments.get(id);
    if (known === undefined) return;
    this.assignments.delete(id);
    const left = this.roleAssignmentsOf(known.principal).filter((assignment) => assignment.id !== id);
    if (left.length === 0) this.assignmentsByPrincipal.delete(known.principal);
    else this.assignmentsByPrincipal.set(known.principal, left);
  }
}

function scopeMapName(registryId: string, name: string): string {
  return `${registryId}/${name}`;
}

function scopeOf(scope: RoleAssignmentDefinition['scope']): AssignmentScope {
  if (scope.kind !== 'repository') return scope;
  return { ...scope, pattern: parseRepositoryPattern(scope.pattern) };
}
