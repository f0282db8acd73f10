import { AppError } from '@berth/errors';
import type { ActionLine } from './action-line.js';

/** How much one scope map may hold. */
export interface ScopeMapLimits {
  /** Different repositories and prefixes. */
  readonly repositories: number;
  /** Lines: the same action on two repositories counts twice. */
  readonly actions: number;
}

/**
 * What a scope map may hold where the operator says nothing else.
 *
 * @source Azure Container Registry service limits: 500 repositories and 500 actions a scope map
 */
export const defaultScopeMapLimits: ScopeMapLimits = { repositories: 500, actions: 500 };

/** @throws AppError 'malformed' with code `too_many_repositories` or `too_many_actions`; the message says the limit */
export function checkScopeMapLimits(
  lines: readonly ActionLine[],
  limits: ScopeMapLimits = defaultScopeMapLimits,
): void {
  const actions = new Set(lines.map(({ pattern, action }) => `${pattern}/${action}`)).size;
  const repositories = new Set(lines.map(({ pattern }) => pattern)).size;
  if (repositories > limits.repositories) throw tooMany('repositories', repositories, limits.repositories);
  if (actions > limits.actions) throw tooMany('actions', actions, limits.actions);
}

function tooMany(what: 'repositories' | 'actions', count: number, limit: number): AppError {
  return new AppError({
    kind: 'malformed',
    code: `too_many_${what}`,
    message: `a scope map holds at most ${limit} ${what}, not ${count}`,
  });
}
