import { indexActionLines } from './action-line-index.js';
import type { ActionLine } from './action-line.js';

/**
 * Whether replacing the lines `before` by `after` takes anything away from anybody: some repository, existing or not, on
 * which an action was granted and no longer is. Saying the same in other words, or more, is not narrowing.
 */
export function narrows(before: readonly ActionLine[], after: readonly ActionLine[]): boolean {
  const index = indexActionLines(after);
  return before.some((line) => !index.covers(line));
}
