import { assertNever } from '@berth/errors';
import type { Decision, DecisionRequest, DenyReason } from './decision.js';

/** A refusal that says what was needed. `scopeMapName` only where the principal's scope map is looked at. */
export function deny(request: DecisionRequest, reason: DenyReason, scopeMapName = ''): Decision {
  return { effect: 'deny', reason, message: `needs ${needed(request)}; ${found(reason, scopeMapName)}` };
}

function needed({ action, registryId, repository }: DecisionRequest): string {
  if (repository !== null) return `${action} on ${repository}`;
  return registryId === null ? `${action} on the account` : `${action} on the registry`;
}

function found(reason: DenyReason, scopeMapName: string): string {
  switch (reason) {
    case 'other-account':
      return 'it belongs to another account';
    case 'kind-holds-nothing':
      return 'this kind of principal holds nothing';
    case 'no-scope-map':
      return 'the token has no scope map';
    case 'scope-map-not-valid-here':
      return 'the scope map of the token is not valid here';
    case 'scope-map-lacks-action':
      return `scope map ${scopeMapName} does not grant it`;
    case 'no-role-assignment':
      return 'no role assignment grants it';
    default:
      return assertNever(reason);
  }
}
