import { parseGrantedActions } from '@berth/access';
import type { Action } from '@berth/access';
import type { AssignmentScope } from './role-assignment.js';

/** A custom role as its record says it; the lists are those of ACR's JSON. */
export interface RoleDefinitionRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  readonly name: string;
  /** In any spelling of the action catalogue; no wildcards. */
  readonly actions: readonly string[];
  /** Taken from `actions` again; another role may still give them. */
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
  /** Where it may be assigned; at least one. */
  readonly assignableScopes: readonly AssignmentScope[];
}

/** A custom role made ready for decisions, once, when it enters a copy of the definitions. */
export interface RoleDefinition {
  readonly id: string;
  readonly account: string;
  readonly version: number;
  readonly status: 'active' | 'deleted';
  readonly name: string;
  readonly actions: ReadonlySet<Action>;
  readonly assignableScopes: readonly AssignmentScope[];
}

/**
 * Reads what a custom role grants.
 *
 * @throws AppError 'malformed' with code `wildcard_action` or `unknown_action`, naming the first offending action
 * @source Azure custom roles: (Actions - NotActions) and (DataActions - NotDataActions)
 */
export function indexRoleDefinition(record: RoleDefinitionRecord): RoleDefinition {
  const { id, account, version, status, name, assignableScopes } = record;
  const actions = new Set([
    ...without(record.actions, record.notActions),
    ...without(record.dataActions, record.notDataActions),
  ]);
  return { id, account, version, status, name, assignableScopes, actions };
}

function without(given: readonly string[], taken: readonly string[]): Action[] {
  const excluded = new Set(taken.flatMap(parseGrantedActions));
  return given.flatMap(parseGrantedActions).filter((action) => !excluded.has(action));
}
