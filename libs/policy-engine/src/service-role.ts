import { ibmActions } from '@berth/access';
import type { Action, IbmActionClass } from '@berth/access';

/** What one role of an access policy gives, by the kinds of action that its target can narrow. */
export interface ServiceRole {
  /** Granted only by a policy on the whole service. */
  readonly configure: readonly Action[];
  /** Granted also on a namespace, or on namespaces of a resource group. */
  readonly use: readonly Action[];
  /** Of the account rather than the service: who may do what. */
  readonly platform: readonly Action[];
}

const managerOnly: ReadonlySet<string> = new Set([
  ...['auth.get', 'auth.set', 'exemption.manager', 'namespace.create', 'namespace.delete'],
  ...['plan.get', 'plan.set', 'quota.set', 'settings.set'],
]);
const writerOnly: ReadonlySet<string> = new Set(['image.delete', 'image.push', 'retention.set']);
const readerAndWriter: ReadonlySet<string> = new Set(['quota.get', 'settings.get', 'image.pull']);

/** Names behind `container-registry.` of the IBM actions that a service role holds: 10, 6 and 22. */
const holds: Readonly<Record<'Reader' | 'Writer' | 'Manager', (name: string) => boolean>> = {
  Reader: (name) => !managerOnly.has(name) && !writerOnly.has(name),
  Writer: (name) => writerOnly.has(name) || readerAndWriter.has(name),
  Manager: () => true,
};

/**
 * The roles of access policies that give something.
 *
 * @source IBM Cloud Container Registry "Managing IAM access": tables 3 and 4 for Reader, Writer and Manager; table 1 for
 *   Administrator, who gives access and pull secrets to others and holds nothing in the registry
 */
export const serviceRoles: ReadonlyMap<string, ServiceRole> = new Map([
  ['Reader', serviceRole('Reader')],
  ['Writer', serviceRole('Writer')],
  ['Manager', serviceRole('Manager')],
  ['Administrator', { configure: [], use: [], platform: administration() }],
]);

/** Roles that IBM's platform knows and the registry does not; a policy with one is stored, and gives nothing by it. */
export const unsupportedServiceRoles: ReadonlySet<string> = new Set(['Viewer', 'Editor', 'Operator']);

function serviceRole(role: 'Reader' | 'Writer' | 'Manager'): ServiceRole {
  const actionsOf = (wanted: IbmActionClass) =>
    ibmActions
      .filter((each) => each.class === wanted && holds[role](each.name.slice('container-registry.'.length)))
      .flatMap(({ actions }) => actions);
  return { configure: actionsOf('configure'), use: actionsOf('use'), platform: [] };
}

function administration(): Action[] {
  const things = ['roleAssignments', 'roleDefinitions', 'accessPolicies', 'serviceIds'] as const;
  return things.flatMap((thing) => [`${thing}/read`, `${thing}/write`, `${thing}/delete`] as const);
}
