import type {
  AccountDefinition,
  AssignmentScope,
  ContentPoliciesDefinition,
  Definition,
  EnforcementDefinition,
  NamespaceDefinition,
  ProhibitionDefinition,
  RegistryDefinition,
  RoleAssignmentDefinition,
} from '@berth/contracts';
import { assertNever } from '@berth/errors';
import {
  defaultEnforcementMandatoryFromMs,
  indexScopeMap,
  type AccessPolicy,
  type AnonymousAccessRecord,
  type DefinitionsView as DecisionView,
  type PrincipalRef,
  type Prohibition,
  type RoleAssignment,
  type RoleDefinition,
  type ScopeMap,
} from '@berth/policy-engine';
import { accessPolicyOf, anonymousAccessOf, assignmentOf, prohibitionOf, roleOf } from './indexed-grants.js';
import { KeyedIndex } from './keyed-index.js';
import { SharedTexts } from './shared-texts.js';

/** What of decisions the operator of an installation sets. */
export interface DecisionSettings {
  /** When access policies are enforced everywhere whatever is recorded, epoch milliseconds. */
  readonly enforcementMandatoryFromMs: number;
}

/** A prohibition that can't be read, but for what it is about. */
export interface UnreadProhibition {
  readonly id: string;
  readonly account: string;
  /** null = the account itself. */
  readonly registryId: string | null;
}

/** No resource group can have this name. */
const noResourceGroup = '\0unreadable';

/**
 * The definitions in memory, indexed as decisions and requests look them up. Only active ones are found: a deleted one is
 * as if it had never been. Whoever calls {@link upsert} holds by version.
 */
export class DefinitionsView implements Required<DecisionView> {
  private readonly accounts = new KeyedIndex<AccountDefinition>(({ name }) => name);
  private readonly registries = new KeyedIndex<RegistryDefinition>(({ name }) => name);
  private readonly namespaces = new KeyedIndex<NamespaceDefinition>(({ registryId }) => registryId);
  private readonly namespacesByName = new KeyedIndex<NamespaceDefinition>(({ registryId, name }) =>
    nameIn(registryId, name),
  );
  private readonly scopeMaps = new KeyedIndex<ScopeMap>(({ registryId, name }) => nameIn(registryId, name));
  private readonly assignments = new KeyedIndex<RoleAssignment>(({ principal }) => principal);
  private readonly roles = new KeyedIndex<RoleDefinition>(({ account }) => account);
  private readonly accessPolicies = new KeyedIndex<AccessPolicy>(({ principal }) => principal);
  private readonly enforcements = new KeyedIndex<EnforcementDefinition>(({ account }) => account);
  private readonly anonymousAccesses = new KeyedIndex<AnonymousAccessRecord>(({ registryId }) => registryId);
  private readonly prohibitions = new KeyedIndex<Prohibition>(keyOfProhibition);
  private readonly contentPolicies = new KeyedIndex<ContentPoliciesDefinition>(({ account }) => account);
  /** Registries whose content policies can't be read. */
  private readonly unreadPolicies = new Set<string>();
  private readonly texts = new SharedTexts();

  constructor(
    private readonly settings: DecisionSettings = { enforcementMandatoryFromMs: defaultEnforcementMandatoryFromMs },
  ) {}

  /**
   * Takes in the latest state of one definition.
   *
   * @throws AppError 'malformed' when the state can't be decided from; nothing is then granted from it, nor from an older
   *   state of it, and a prohibition forbids everything
   */
  upsert(definition: Definition): void {
    this.remove(definition.kind, definition.id);
    if (definition.status !== 'deleted') this.add(definition);
  }

  /** Trusts one definition no longer, because its newest state could not be read: as {@link upsert} says. */
  distrust(kind: Definition['kind'], id: string): void {
    const prohibition = kind === 'prohibition' ? this.prohibitions.get(id) : null;
    const namespace = kind === 'namespace' ? this.namespaces.get(id) : null;
    this.remove(kind, id);
    if (prohibition !== null) this.prohibitions.add(widest(prohibition));
    // Without it, the namespace would have its registry's resource group, and what is granted there.
    if (namespace !== null) this.add({ ...namespace, resourceGroup: noResourceGroup });
    if (kind === 'content-policies') this.unreadPolicies.add(id);
  }

  /** Forbids everything in a registry, or in an account, for a prohibition of which no more could be read. */
  forbidAll({ id, account, registryId }: UnreadProhibition): void {
    this.remove('prohibition', id);
    const scope = registryId === null ? ({ kind: 'account' } as const) : ({ kind: 'registry', registryId } as const);
    this.prohibitions.add(widest({ id, account, version: 0, status: 'active', kind: 'disabled', scope }));
  }

  /** Ends what {@link forbidAll} began. */
  lift(id: string): void {
    this.remove('prohibition', id);
  }

  account(id: string): AccountDefinition | null {
    return this.accounts.get(id);
  }

  accountByName(name: string): AccountDefinition | null {
    return newestOf(this.accounts.of(name));
  }

  registry(id: string): RegistryDefinition | null {
    return this.registries.get(id);
  }

  registryByName(name: string): RegistryDefinition | null {
    return newestOf(this.registries.of(name));
  }

  namespace(registryId: string, name: string): NamespaceDefinition | null {
    return newestOf(this.namespacesByName.of(nameIn(registryId, name)));
  }

  namespacesOf(registryId: string): readonly NamespaceDefinition[] {
    return this.namespaces.of(registryId);
  }

  scopeMap(id: string): ScopeMap | null {
    return this.scopeMaps.get(id);
  }

  scopeMapByName(registryId: string, name: string): ScopeMap | null {
    return newestOf(this.scopeMaps.of(nameIn(registryId, name)));
  }

  roleAssignmentsOf(ref: PrincipalRef): readonly RoleAssignment[] {
    return this.assignments.of(ref);
  }

  roleDefinition(id: string): RoleDefinition | null {
    return this.roles.get(id);
  }

  accessPoliciesOf(ref: PrincipalRef): readonly AccessPolicy[] {
    return this.accessPolicies.of(ref);
  }

  enforcementsOf(account: string): readonly EnforcementDefinition[] {
    return this.enforcements.of(account);
  }

  enforcementMandatoryFromMs(): number {
    return this.settings.enforcementMandatoryFromMs;
  }

  anonymousAccessOf(registryId: string): AnonymousAccessRecord | null {
    return newestOf(this.anonymousAccesses.of(registryId));
  }

  /**
   * What holds for the contents of a registry: null = nothing was ever decided; `unreadable` = nobody can say, so that
   * whatever depends on it must be refused.
   */
  contentPoliciesOf(registryId: string): ContentPoliciesDefinition | 'unreadable' | null {
    if (this.unreadPolicies.has(registryId)) return 'unreadable';
    return this.contentPolicies.get(registryId);
  }

  prohibitionsOn(account: string, registryId: string | null): readonly Prohibition[] {
    const ofAccount = this.prohibitions.of(account);
    const ofRegistry = registryId === null ? [] : this.prohibitions.of(registryId);
    if (ofAccount.length === 0) return ofRegistry;
    return ofRegistry.length === 0 ? ofAccount : [...ofAccount, ...ofRegistry];
  }

  private remove(kind: Definition['kind'], id: string): void {
    this.indexOf(kind).remove(id);
    if (kind === 'namespace') this.namespacesByName.remove(id);
    if (kind === 'content-policies') this.unreadPolicies.delete(id);
  }

  private add(definition: Definition): void {
    switch (definition.kind) {
      case 'account':
        return this.accounts.add(definition);
      case 'registry':
        return this.registries.add(definition);
      case 'namespace':
        this.namespacesByName.add(definition);
        return this.namespaces.add(definition);
      case 'scope-map':
        return this.scopeMaps.add(indexScopeMap(definition));
      case 'role-assignment':
        return this.assignments.add(assignmentOf(this.slim(definition)));
      case 'role-definition':
        return this.roles.add(roleOf(definition));
      case 'access-policy':
        return this.accessPolicies.add(accessPolicyOf(definition));
      case 'enforcement':
        return this.enforcements.add(definition);
      case 'anonymous-access':
        return this.anonymousAccesses.add(anonymousAccessOf(definition));
      case 'prohibition':
        return this.forbid(definition);
      case 'content-policies':
        return this.contentPolicies.add(definition);
      default:
        assertNever(definition);
    }
  }

  /** There are more of these than of anything else. */
  private slim({ account, principal, role, scope, ...rest }: RoleAssignmentDefinition): RoleAssignmentDefinition {
    const shared = { account: this.texts.of(account), principal: this.texts.of(principal), role: this.texts.of(role) };
    const where = 'registryId' in scope ? { ...scope, registryId: this.texts.of(scope.registryId) } : scope;
    return { ...rest, ...shared, scope: where };
  }

  private forbid(definition: ProhibitionDefinition): void {
    try {
      this.prohibitions.add(prohibitionOf(definition));
    } catch (e) {
      const { cause: kind, ...rest } = definition;
      this.prohibitions.add(widest({ ...rest, kind }));
      throw e;
    }
  }

  private indexOf(kind: Definition['kind']): { remove(id: string): void } {
    switch (kind) {
      case 'account':
        return this.accounts;
      case 'registry':
        return this.registries;
      case 'namespace':
        return this.namespaces;
      case 'scope-map':
        return this.scopeMaps;
      case 'role-assignment':
        return this.assignments;
      case 'role-definition':
        return this.roles;
      case 'access-policy':
        return this.accessPolicies;
      case 'enforcement':
        return this.enforcements;
      case 'anonymous-access':
        return this.anonymousAccesses;
      case 'prohibition':
        return this.prohibitions;
      case 'content-policies':
        return this.contentPolicies;
      default:
        return assertNever(kind);
    }
  }
}

/** A name leads to the thing that has it now: the record of its last holder's end may come after its own. */
function newestOf<T extends { readonly version: number }>(things: readonly T[]): T | null {
  return things.reduce<T | null>(
    (newest, each) => (newest === null || each.version > newest.version ? each : newest),
    null,
  );
}

function nameIn(registryId: string, name: string): string {
  return `${registryId}/${name}`;
}

/** What forbids everything in the registry, or the account, that a prohibition is about. */
function widest({
  id,
  account,
  version,
  status,
  kind,
  scope,
}: Pick<Prohibition, 'id' | 'account' | 'version' | 'status' | 'kind'> & {
  readonly scope: AssignmentScope;
}): Prohibition {
  const whole = 'registryId' in scope ? { kind: 'registry' as const, registryId: scope.registryId } : null;
  return { id, account, version, status, kind, scope: whole ?? { kind: 'account' }, actions: null, exceptFrom: null };
}

/** Ids of accounts and registries are never alike. */
function keyOfProhibition({ account, scope }: Pick<Prohibition, 'account' | 'scope'>): string {
  return scope.kind === 'account' || scope.kind === 'resource-group' ? account : scope.registryId;
}
