import { AppError } from '@berth/errors';
import { actionCatalogue } from './action-catalogue.js';
import type { Action, ActionLevel, ActionRow } from './action.js';

const rows = new Map<Action, ActionRow>(actionCatalogue.map((row) => [row.action, row]));
const byDockerName = new Map<string, Action>();
const bySpelling = new Map<string, Action>();
const included = new Map<string, Action[]>();

for (const { action, docker, acrScopeMap, acrRole, ibm, aliases, within } of actionCatalogue) {
  if (docker !== null) byDockerName.set(docker, action);
  for (const spelling of [action, docker, acrScopeMap, acrRole, ibm, ...aliases]) {
    if (spelling !== null) bySpelling.set(keyOf(spelling), action);
  }
  for (const wider of within) included.set(keyOf(wider), [...(included.get(keyOf(wider)) ?? []), action]);
}

/** The Docker names of all actions on a repository, in catalogue order; what `*` in a scope stands for. */
export const dockerNames: readonly string[] = [...byDockerName.keys()];

/** The action of any spelling in the catalogue, or null. Only ACR role actions are read without regard to case. */
export function parseAction(spelling: string): Action | null {
  return bySpelling.get(keyOf(spelling)) ?? null;
}

/**
 * Everything that a spelling stands for where it is granted: its own action, and those of Berth that lie within it
 * (`container-registry.image.push` also restores from the trash).
 *
 * @returns at least one action, none twice
 * @throws AppError 'malformed' with code `wildcard_action` or `unknown_action`; both name the offending action
 */
export function parseGrantedActions(spelling: string): readonly Action[] {
  const own = parseAction(spelling);
  if (own !== null) return [own, ...(included.get(keyOf(spelling)) ?? [])];
  const shown = JSON.stringify(spelling.slice(0, 300));
  if (spelling.includes('*')) {
    throw refused('wildcard_action', `wildcards are not allowed: ${shown}; list each action by itself`, spelling);
  }
  throw refused('unknown_action', `there is no action ${shown}`, spelling);
}

function refused(code: string, message: string, action: string): AppError {
  return new AppError({ kind: 'malformed', code, message, detail: { action: action.slice(0, 300) } });
}

/** Lower case only behind the providers' names, so that `PULL` or `Content/Read` stay unknown. */
function keyOf(spelling: string): string {
  const lower = spelling.toLowerCase();
  return lower.startsWith('microsoft.containerregistry/') || lower.startsWith('microsoft.authorization/')
    ? lower
    : spelling;
}

/** The action of a name in a Docker scope (`pull`), or null. */
export function actionOfDockerName(name: string): Action | null {
  return byDockerName.get(name) ?? null;
}

/** How a Docker scope spells an action, or null for an action that no access token carries. */
export function dockerNameOf(action: Action): string | null {
  return rows.get(action)?.docker ?? null;
}

/** Whether an action is done to the content of repositories; see {@link ActionRow}. */
export function isRepositoryScoped(action: Action): boolean {
  return rows.get(action)?.repositoryScoped ?? false;
}

/** Whether a line of a scope map can grant an action. */
export function isScopeMapAction(action: Action): boolean {
  return (rows.get(action)?.acrScopeMap ?? null) !== null;
}

/** The narrowest thing on which an action can be done; see {@link ActionRow}. */
export function actionLevelOf(action: Action): ActionLevel {
  return rows.get(action)?.level ?? 'registry';
}
