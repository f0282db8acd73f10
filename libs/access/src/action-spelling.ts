import { actionCatalogue } from './action.js';
import type { Action, ActionRow } from './action.js';

const rows = new Map<Action, ActionRow>(actionCatalogue.map((row) => [row.action, row]));
const byDockerName = new Map<string, Action>();
const bySpelling = new Map<string, Action>();

for (const { action, docker, acrScopeMap, acrRole, ibm } of actionCatalogue) {
  if (docker !== null) byDockerName.set(docker, action);
  for (const spelling of [action, docker, acrScopeMap, ibm]) {
    if (spelling !== null) bySpelling.set(spelling, action);
  }
  if (acrRole !== null) bySpelling.set(acrRole.toLowerCase(), action);
}

/** The Docker names of all actions on a repository, in catalogue order; what `*` in a scope stands for. */
export const dockerNames: readonly string[] = [...byDockerName.keys()];

/** The action of any spelling in the catalogue, or null. Only ACR role actions are read without regard to case. */
export function parseAction(spelling: string): Action | null {
  return bySpelling.get(spelling) ?? bySpelling.get(acrRoleKey(spelling)) ?? null;
}

/** Lower case only behind the provider's name, so that `PULL` or `Content/Read` stay unknown. */
function acrRoleKey(spelling: string): string {
  const lower = spelling.toLowerCase();
  return lower.startsWith('microsoft.containerregistry/') ? lower : spelling;
}

/** The action of a name in a Docker scope (`pull`), or null. */
export function actionOfDockerName(name: string): Action | null {
  return byDockerName.get(name) ?? null;
}

/** How a Docker scope spells an action, or null for an action that no access token carries. */
export function dockerNameOf(action: Action): string | null {
  return rows.get(action)?.docker ?? null;
}

/** Whether an action is done to one repository; see {@link ActionRow}. */
export function isRepositoryScoped(action: Action): boolean {
  return rows.get(action)?.repositoryScoped ?? false;
}
