import { AppError } from '@berth/errors';
import { actionCatalogue } from './action-catalogue.js';
import type { Action } from './action.js';
import { isRepositoryPattern } from './repository-pattern.js';
import type { RepositoryPattern } from './repository-pattern.js';

/** One line of a scope map: an action on the repositories of a pattern. */
export interface ActionLine {
  readonly pattern: RepositoryPattern;
  readonly action: Action;
}

const start = 'repositories/';
const grantable = new Map<string, Action>();
for (const { action, acrScopeMap } of actionCatalogue) {
  if (acrScopeMap !== null) grantable.set(acrScopeMap, action);
}

/**
 * Reads `repositories/<name or pattern>/<action>`. Read from the right, because a name may contain any of these words.
 *
 * @throws AppError 'malformed' with code `invalid_action_line`; the message quotes the line and says what would be right
 * @source Azure Container Registry "Create a token with repository-scoped permissions", scope map actions
 */
export function parseActionLine(line: string): ActionLine {
  if (!line.startsWith(start)) throw invalid(line, 'it starts with "repositories/"');
  const verbAt = line.lastIndexOf('/');
  const actionAt = line.lastIndexOf('/', verbAt - 1);
  const action = grantable.get(line.slice(actionAt + 1));
  if (action === undefined) throw invalid(line, `it ends with one of ${[...grantable.keys()].join(', ')}`);
  const pattern = line.slice(start.length, actionAt);
  if (!isRepositoryPattern(pattern)) {
    throw invalid(line, 'the repository is a name in lower case such as team/app, a prefix such as team/*, or *');
  }
  return { pattern, action };
}

/** The line that {@link parseActionLine} reads back as the same. */
export function formatActionLine({ pattern, action }: ActionLine): string {
  return `${start}${pattern}/${action}`;
}

function invalid(line: string, rule: string): AppError {
  const shown = line.slice(0, 300);
  return new AppError({
    kind: 'malformed',
    code: 'invalid_action_line',
    message: `invalid action ${JSON.stringify(shown)}: ${rule}, as in "repositories/samples/hello-world/content/read"`,
    detail: { line: shown },
  });
}
