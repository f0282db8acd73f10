import { assertNever } from '@berth/errors';
import type { Denied, DecisionRequest, DenyReason } from './decision.js';
import type { Prohibition } from './prohibition.js';

/** A refusal that says what was needed. `name` is the scope map's where that is looked at, or the unmet condition. */
export function deny(request: DecisionRequest, reason: Exclude<DenyReason, 'prohibited'>, name = ''): Denied {
  return { effect: 'deny', reason, message: `needs ${needed(request)}; ${found(reason, name)}` };
}

/** A refusal of what would be allowed otherwise. */
export function forbid(request: DecisionRequest, { id, version, kind }: Prohibition): Denied {
  return {
    effect: 'deny',
    reason: 'prohibited',
    message: `${needed(request)} is granted, but forbidden to everybody: ${kind}`,
    by: { kind: 'prohibition', id, version },
  };
}

/** What was asked for, in words. */
export function needed({ action, registryId, repository, ...where }: DecisionRequest): string {
  if (repository !== null) return `${action} on ${repository}`;
  if (registryId !== null) {
    return where.namespace ? `${action} on the namespace ${where.namespace}` : `${action} on the registry`;
  }
  if (where.resourceGroup) return `${action} on the resource group ${where.resourceGroup}`;
  return where.region ? `${action} in the region ${where.region}` : `${action} on the account`;
}

function found(reason: Exclude<DenyReason, 'prohibited'>, name: string): string {
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
      return `scope map ${name} does not grant it`;
    case 'condition-not-met':
      return `a condition of its scope map is not met: ${name}`;
    case 'owner-lacks-action':
      return 'the owner of the token does not hold it';
    case 'no-role-assignment':
      return 'no role assignment grants it';
    default:
      return assertNever(reason);
  }
}
