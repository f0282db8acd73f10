import { actionLevelOf, type Action, type RepositoryPattern } from '@berth/access';
import {
  decide,
  targetOf,
  whatCan,
  type DecisionRequest,
  type DefinitionsView,
  type EffectivePermission,
  type Principal,
} from '@berth/policy-engine';

/** Where a right is held, as a decision asks for it. */
type Place = Pick<DecisionRequest, 'registryId' | 'repository' | 'namespace' | 'region' | 'resourceGroup'>;

/** A right that somebody has and somebody else hasn't. */
export interface UnheldRight {
  readonly action: Action;
  /** What gives it. */
  readonly name: string;
}

/** Who is asked about, and when. */
export interface RightsQuestion {
  /** Who wants to act with the rights of `of`, or to hand them on. */
  readonly holder: Principal;
  readonly of: Principal;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/**
 * The first right of one principal that another one doesn't hold, wherever it is given; null = the other holds them all.
 * Where the place of a right can't be said exactly, the next larger one must be held, so that nothing is ever left out.
 *
 * @param view grants alone: what is forbidden to everybody for now takes no right from its holder
 * @source access-model "Who may grant"
 */
export function unheldRight(view: DefinitionsView, { holder, of, atMs }: RightsQuestion): UnheldRight | null {
  const account = of.account;
  for (const permission of whatCan(view, of, { account, registryId: null, atMs })) {
    for (const action of permission.actions) {
      const isHeld = placesOf(permission, action).every(
        (place) => decide(view, { principal: holder, action, account, ...place, context: { atMs } }).effect === 'allow',
      );
      if (!isHeld) return { action, name: permission.name };
    }
  }
  return null;
}

/** Where a permission gives an action; nowhere when it is too narrow for that action. */
function placesOf({ where, repositories }: EffectivePermission, action: Action): Place[] {
  const level = actionLevelOf(action);
  if (repositories !== null) {
    if (level !== 'repository') return [];
    const registryId = 'registryId' in where ? where.registryId : null;
    return repositories.map((repository: RepositoryPattern) => ({ registryId, repository }));
  }
  switch (where.kind) {
    case 'service':
      // A namespace has this name in any registry of the account: whoever hands it on holds all of them.
      return [{ registryId: null, repository: null, region: where.region, resourceGroup: where.resourceGroup }];
    case 'repository':
      return level === 'repository' ? [targetOf(where)] : [];
    case 'namespace':
      return level === 'registry' ? [] : [targetOf(where)];
    default:
      return [targetOf(where)];
  }
}
