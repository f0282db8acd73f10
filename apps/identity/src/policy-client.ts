import type { Definition, ScopeMapDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';

/** One registry and the name of a scope map in it. */
export interface ScopeMapName {
  readonly registry: { readonly id: string; readonly name: string };
  readonly name: string;
}

export const POLICY_CLIENT = Symbol('PolicyClient');

/** What management asks policy, which owns the definitions; never asked for an issue. Each call ends within a second. */
export interface PolicyClient {
  /**
   * The scope map of a name, as policy has it now.
   *
   * @returns null when policy says that there is none
   * @throws AppError 'unavailable' when policy doesn't answer
   */
  scopeMap(name: ScopeMapName): Promise<ScopeMapDefinition | null>;
  /**
   * A registry by its name, or an account or prohibition by its id, as policy has it now.
   *
   * @returns null when policy says that there is none
   * @throws AppError 'unavailable' when policy doesn't answer
   */
  definition(kind: 'account' | 'prohibition' | 'registry', name: string): Promise<Definition | null>;
  /**
   * Creates or replaces a scope map for a caller, decided by policy as that caller.
   *
   * @throws AppError as policy refuses it ('denied', 'malformed', ..), 'unavailable' when it doesn't answer
   */
  putScopeMap(caller: Caller, name: ScopeMapName, actions: readonly string[]): Promise<void>;
  /**
   * The scope map of a caller's own token, made by policy if it isn't there.
   *
   * @returns its name
   * @throws as {@link putScopeMap}
   */
  makePersonalScopeMap(caller: Caller, registry: ScopeMapName['registry'], actions: readonly string[]): Promise<string>;
  /**
   * Nothing is left here of an account that is being deleted. Once or often.
   *
   * @throws AppError 'unavailable' when policy doesn't answer
   */
  tellAccountEmptied(accountId: string): Promise<void>;
}
