import type { Action } from '@berth/access';
import { principalKindOf } from './principal.js';
import type { PrincipalRef } from './principal.js';
import type { ServiceReach } from './service-reach.js';
import { serviceRoles, unsupportedServiceRoles } from './service-role.js';

/** What an access policy is about; null or empty = not said. */
export interface AccessPolicyTarget {
  /** Only `container-registry` means anything here. */
  readonly serviceName: string | null;
  /** Must be empty. */
  readonly serviceInstance: string | null;
  /** null = all regions. */
  readonly region: string | null;
  /** Only `namespace` means anything. */
  readonly resourceType: string | null;
  /** The namespace's name. */
  readonly resource: string | null;
  readonly resourceGroup: string | null;
  /** All IAM-enabled services of the account, whatever `serviceName`. */
  readonly isForAllServices: boolean;
}

/** An access policy as its record says it: subject x roles x target. */
export interface AccessPolicyRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  /** A user, a service ID or an access group. */
  readonly subject: PrincipalRef;
  /** One or more of Reader, Writer, Manager, Administrator. */
  readonly roles: readonly string[];
  readonly target: AccessPolicyTarget;
}

/** Why something in a policy gives nothing. The policy is kept as it was written. */
export interface AccessPolicyWarning {
  readonly code:
    | 'unsupported-subject'
    | 'unsupported-role'
    | 'unknown-role'
    | 'other-service'
    | 'service-instance'
    | 'resource-type'
    | 'resource-without-type'
    | 'configure-needs-whole-service';
  readonly message: string;
}

/** A policy made ready for decisions, once, when it enters a copy of the definitions. */
export interface AccessPolicy extends AccessPolicyRecord {
  readonly principal: PrincipalRef;
  /** All that it grants within its reach; empty when the target matches nothing. */
  readonly actions: ReadonlySet<Action>;
  readonly reach: ServiceReach;
  readonly warnings: readonly AccessPolicyWarning[];
}

/**
 * Reads what a policy grants, and says what of it grants nothing. Never throws: a policy that means nothing here is kept.
 *
 * @source IBM Cloud Container Registry "Managing IAM access": service name and instance, region, resource type and
 *   resource, resource group; configuring (table 3) only without the last three, using (table 4) with any of them
 */
export function indexAccessPolicy(record: AccessPolicyRecord): AccessPolicy {
  const { target, roles, subject } = record;
  const problem = subjectProblem(subject) ?? targetProblem(target);
  const granting = roles.flatMap((role) => serviceRoles.get(role) ?? []);
  const isWhole = !target.resourceType && !target.resource && !target.resourceGroup;
  const warnings = [...(problem === null ? [] : [problem]), ...roles.flatMap(roleProblems)];
  if (problem === null && !isWhole && granting.some(({ configure }) => configure.length > 0)) {
    warnings.push(
      warning('configure-needs-whole-service', 'actions that configure the service need a policy on all of it'),
    );
  }
  const actions = granting.flatMap(({ configure, use, platform }) => [
    ...(isWhole ? configure : []),
    ...use,
    ...platform,
  ]);
  return {
    ...record,
    principal: subject,
    actions: new Set(problem === null ? actions : []),
    reach: {
      kind: 'service',
      region: target.region || null,
      namespace: target.resource || null,
      resourceGroup: target.resourceGroup || null,
    },
    warnings,
  };
}

function subjectProblem(subject: PrincipalRef): AccessPolicyWarning | null {
  const kind = principalKindOf(subject);
  if (kind === 'user' || kind === 'service' || kind === 'group') return null;
  return warning('unsupported-subject', 'the subject is a user, a service ID or an access group');
}

function targetProblem(target: AccessPolicyTarget): AccessPolicyWarning | null {
  const { serviceName, serviceInstance, resourceType, resource, resourceGroup, isForAllServices } = target;
  const isOfAnyService = isForAllServices || (!serviceName && Boolean(resourceGroup));
  if (!isOfAnyService && serviceName !== 'container-registry') {
    return warning('other-service', 'only the service container-registry is decided here');
  }
  if (serviceInstance) return warning('service-instance', 'the service has no instances; leave the instance empty');
  if (resourceType && resourceType !== 'namespace') {
    return warning('resource-type', 'the only resource type is namespace');
  }
  if (resource && !resourceType) {
    return warning('resource-without-type', 'a resource needs the resource type namespace');
  }
  return null;
}

function roleProblems(role: string): AccessPolicyWarning[] {
  if (serviceRoles.has(role)) return [];
  if (unsupportedServiceRoles.has(role)) {
    return [warning('unsupported-role', `the role ${role} gives nothing in the container registry`)];
  }
  return [warning('unknown-role', `there is no role ${JSON.stringify(role.slice(0, 100))}`)];
}

function warning(code: AccessPolicyWarning['code'], message: string): AccessPolicyWarning {
  return { code, message };
}
