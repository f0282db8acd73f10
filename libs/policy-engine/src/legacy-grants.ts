import { ibmActions } from '@berth/access';
import type { Action } from '@berth/access';
import type { GrantRef, DefinitionsView } from './decision.js';
import { defaultEnforcementMandatoryFromMs } from './enforcement.js';
import { principalKindOf } from './principal.js';
import type { Principal } from './principal.js';
import type { ServiceReach } from './service-reach.js';
import { isActiveIn } from './validity.js';

/** All that a region without enforcement gives: IBM's actions, but for signing and for all of `auth.set` but the switch. */
export const unenforcedActions: ReadonlySet<Action> = new Set(
  ibmActions
    .flatMap(({ actions }) => actions)
    .filter((action) => action !== 'signature/write' && action !== 'network/write'),
);

/** What an account's past still gives to one principal in one region. */
export interface LegacyGrant {
  readonly by: GrantRef;
  readonly actions: ReadonlySet<Action>;
  readonly reach: ServiceReach;
}

/**
 * The regions of its account in which an imported user needs no policy. Nobody else has any: no service ID, no workload,
 * no user that came later. Without the time (`atMs`) there is none either.
 *
 * @source IBM Cloud Container Registry "Managing IAM access": accounts older than 4 October 2018, each region by itself;
 *   policies mandatory from 5 July 2022
 */
export function legacyGrantsOf(
  view: DefinitionsView,
  { ref, account, isImported }: Principal,
  atMs: number | undefined,
): readonly LegacyGrant[] {
  if (isImported !== true || atMs === undefined || principalKindOf(ref) !== 'user') return [];
  const mandatoryFromMs = view.enforcementMandatoryFromMs?.() ?? defaultEnforcementMandatoryFromMs;
  if (atMs >= mandatoryFromMs) return [];
  return (view.enforcementsOf?.(account) ?? [])
    .filter((each) => !each.isEnforced && isActiveIn(each, account))
    .map(({ id, version, region }) => ({
      by: { kind: 'enforcement', id, version },
      actions: unenforcedActions,
      reach: { kind: 'service', region, namespace: null, resourceGroup: null },
    }));
}
