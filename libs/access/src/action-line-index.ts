import type { Action } from './action.js';
import type { ActionLine } from './action-line.js';
import type { RepositoryPattern } from './repository-pattern.js';

/** Action lines made ready for look-up; see {@link indexActionLines}. */
export interface ActionLineIndex {
  /** Whether one line grants the action on everything that `pattern` stands for. */
  covers(line: ActionLine): boolean;
}

interface ActionPatterns {
  everything: boolean;
  readonly exact: Set<string>;
  /** Prefixes without their `/*`. */
  readonly prefixes: Set<string>;
}

/**
 * Indexes 0 to any number of action lines. A look-up costs one step for each `/` in the asked name, however many lines.
 *
 * One line is enough to look for: a prefix stands for infinitely many names, so no set of narrower lines covers it.
 */
export function indexActionLines(lines: readonly ActionLine[]): ActionLineIndex {
  const byAction = new Map<Action, ActionPatterns>();
  for (const { pattern, action } of lines) {
    let patterns = byAction.get(action);
    if (patterns === undefined) {
      patterns = { everything: false, exact: new Set(), prefixes: new Set() };
      byAction.set(action, patterns);
    }
    add(patterns, pattern);
  }
  return {
    covers({ pattern, action }) {
      const patterns = byAction.get(action);
      return patterns !== undefined && isCovered(patterns, pattern);
    },
  };
}

function add(patterns: ActionPatterns, pattern: RepositoryPattern): void {
  if (pattern === '*') patterns.everything = true;
  else if (pattern.endsWith('/*')) patterns.prefixes.add(pattern.slice(0, -2));
  else patterns.exact.add(pattern);
}

function isCovered({ everything, exact, prefixes }: ActionPatterns, target: RepositoryPattern): boolean {
  if (everything || exact.has(target)) return true;
  if (prefixes.size === 0) return false;
  for (let at = target.indexOf('/'); at !== -1; at = target.indexOf('/', at + 1)) {
    if (prefixes.has(target.slice(0, at))) return true;
  }
  return false;
}
