import type { Action } from './action.js';
import { parseGrantedActions } from './action-spelling.js';

/** Which policies can grant an IBM action: only one on the whole service, or also one on a namespace. */
export type IbmActionClass = 'configure' | 'use';

/** One of the 22 actions of IBM Cloud Container Registry. */
export interface IbmAction {
  /** As in `container-registry.image.pull`. */
  readonly name: string;
  readonly class: IbmActionClass;
  /** What it is in Berth's words; the first is its own. */
  readonly actions: readonly Action[];
}

const configure = [
  ...['auth.get', 'auth.set', 'exemption.list', 'exemption.manager', 'namespace.create', 'namespace.delete'],
  ...['plan.get', 'plan.set', 'quota.get', 'quota.set', 'settings.get', 'settings.set'],
];
const use = [
  ...['image.delete', 'image.inspect', 'image.list', 'image.pull', 'image.push', 'namespace.list'],
  ...['retention.analyze', 'retention.get', 'retention.set', 'retention.list'],
];

/**
 * All actions of IBM Cloud Container Registry: 12 to configure the service (table 3), 10 to use it (table 4).
 *
 * @source IBM Cloud Container Registry "Managing IAM access", tables 3 and 4
 */
export const ibmActions: readonly IbmAction[] = [...configure.map(rowOf('configure')), ...use.map(rowOf('use'))];

function rowOf(actionClass: IbmActionClass): (short: string) => IbmAction {
  return (short) => {
    const name = `container-registry.${short}`;
    return { name, class: actionClass, actions: parseGrantedActions(name) };
  };
}
