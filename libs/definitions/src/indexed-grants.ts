import { parseAction, parseRepositoryPattern, type Action } from '@berth/access';
import type {
  AccessPolicyDefinition,
  AnonymousAccessDefinition,
  AssignmentScope as PublishedScope,
  ProhibitionDefinition,
  RoleAssignmentDefinition,
  RoleDefinitionDefinition,
} from '@berth/contracts';
import { AppError } from '@berth/errors';
import {
  indexAccessPolicy,
  indexProhibition,
  indexRoleDefinition,
  parsePrincipalRef,
  type AccessPolicy,
  type AnonymousAccessRecord,
  type AssignmentScope,
  type Prohibition,
  type RoleAssignment,
  type RoleDefinition,
} from '@berth/policy-engine';

/** @throws AppError 'malformed' for a principal, pattern or action that can't be read; so do all of these */
export function assignmentOf(definition: RoleAssignmentDefinition): RoleAssignment {
  const { id, account, version, status, role, principal, scope, condition } = definition;
  const assignment = { id, account, version, status, role };
  const where = { principal: parsePrincipalRef(principal), scope: scopeOf(scope) };
  if (condition === undefined) return { ...assignment, ...where };
  const repositories = condition.repositories.map(parseRepositoryPattern);
  return { ...assignment, ...where, condition: { repositories } };
}

/** A custom role, ready for decisions. */
export function roleOf({ assignableScopes, ...rest }: RoleDefinitionDefinition): RoleDefinition {
  return indexRoleDefinition({ ...rest, assignableScopes: assignableScopes.map(scopeOf) });
}

/** An access policy, ready for decisions; what means nothing here grants nothing. */
export function accessPolicyOf({ id, account, version, status, ...rest }: AccessPolicyDefinition): AccessPolicy {
  const { subject, roles, target } = rest;
  return indexAccessPolicy({ id, account, version, status, subject: parsePrincipalRef(subject), roles, target });
}

/** A prohibition, ready for decisions. */
export function prohibitionOf({ id, account, version, status, ...rest }: ProhibitionDefinition): Prohibition {
  const { cause, scope, actions, exceptFrom } = rest;
  const record = { id, account, version, status, kind: cause, scope: scopeOf(scope), exceptFrom };
  return indexProhibition({ ...record, actions: actions === null ? null : actions.map(actionOf) });
}

/** Who needs no credential. */
export function anonymousAccessOf({ repositories, ...rest }: AnonymousAccessDefinition): AnonymousAccessRecord {
  return { ...rest, repositories: repositories.map(parseRepositoryPattern) };
}

/** The scope as decisions take it: its pattern read. */
export function scopeOf(scope: PublishedScope): AssignmentScope {
  if (scope.kind !== 'repository') return scope;
  return { ...scope, pattern: parseRepositoryPattern(scope.pattern) };
}

function actionOf(spelling: string): Action {
  const action = parseAction(spelling);
  if (action !== null) return action;
  throw new AppError({ kind: 'malformed', code: 'unknown_action', message: `there is no action ${spelling}` });
}
