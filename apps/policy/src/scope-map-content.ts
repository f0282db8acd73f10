import {
  formatActionLine,
  parseAccessCondition,
  parseActionLine,
  parseRepositoryPattern,
  type ActionLine,
} from '@berth/access';
import { scopeMapCondition, storableText } from '@berth/contracts';
import { AppError, isAppError } from '@berth/errors';
import { z } from 'zod';

/** Longest line that can be right: the longest repository name and the words around it. */
const maxLineLength = 300;

/** As ACR: each line counts, so no map names more than 500 repositories. */
const maxLines = 500;

const description = storableText(256).nullable();

const actions = z
  .array(z.string().min(1).max(maxLineLength))
  .min(1, 'a scope map has at least one action')
  .max(maxLines, `a scope map has at most ${maxLines} actions`);

const conditions = z.array(scopeMapCondition).max(100, 'a scope map has at most 100 conditions');

/** A condition of a scope map, as it is published. */
export type ScopeMapCondition = z.infer<typeof scopeMapCondition>;

/** The whole content of a scope map, as a PUT gives it: what is left out is empty. */
export const wholeScopeMap = z.strictObject({
  description: description.default(null),
  actions,
  conditions: conditions.default([]),
});

/** What is to be changed of a scope map; the rest stays. */
export const scopeMapPatch = z.strictObject({
  description: description.optional(),
  actions: actions.optional(),
  conditions: conditions.optional(),
});

export type WholeScopeMap = z.infer<typeof wholeScopeMap>;
export type ScopeMapPatch = z.infer<typeof scopeMapPatch>;

/**
 * Reads the lines of a scope map.
 *
 * @returns each once, in the order given
 * @throws AppError 'malformed' naming the first line that can't be one, what is wrong with it, and its place in the list
 * @source Azure Container Registry "Create a token with repository-scoped permissions", wildcards
 */
export function parseActions(lines: readonly string[]): ActionLine[] {
  const parsed = new Map<string, ActionLine>();
  for (const [at, line] of lines.entries()) {
    const action = parseLine(line, at);
    parsed.set(formatActionLine(action), action);
  }
  return [...parsed.values()];
}

/**
 * Checks the conditions of a scope map: one that can't be read would bind nobody.
 *
 * @throws AppError 'malformed' naming the first condition that can't be one, and what is wrong with it
 */
export function checkConditions(given: readonly ScopeMapCondition[]): readonly ScopeMapCondition[] {
  for (const [at, { repository, ...condition }] of given.entries()) {
    try {
      parseRepositoryPattern(repository);
      parseAccessCondition(condition);
    } catch (e) {
      if (!isAppError(e) || e.kind !== 'malformed') throw e;
      const message = `conditions.${at}: ${e.message}`;
      throw new AppError({ kind: 'malformed', code: 'invalid-condition', message, detail: { index: at } });
    }
  }
  return given;
}

/** Whether two lists of lines, each without doubles, say the same. */
export function saysTheSame(before: readonly string[], after: readonly string[]): boolean {
  const known = new Set(before);
  return before.length === after.length && after.every((line) => known.has(line));
}

function parseLine(line: string, at: number): ActionLine {
  const mistake = wildcardMistake(line);
  if (mistake !== null) throw refused(line, at, `${JSON.stringify(line)}: ${mistake}`);
  try {
    return parseActionLine(line);
  } catch (e) {
    if (isAppError(e) && e.kind === 'malformed') throw refused(line, at, e.message);
    throw e;
  }
}

/** ACR's refusals of wildcards, each in its own words: the grammar alone would only say that the name is none. */
function wildcardMistake(line: string): string | null {
  const stars = line.split('*').length - 1;
  if (stars === 0) return null;
  if (stars > 1) return 'only one * is possible, at the end of the repository';
  const isLastSegment = /^repositories\/(?:.*\/)?\*\/[^/]+\/[^/]+$/.test(line);
  return isLastSegment ? null : 'a * stands only for the whole last part of the repository, as in team/* or *';
}

function refused(line: string, at: number, message: string): AppError {
  return new AppError({
    kind: 'malformed',
    code: 'invalid-action',
    message: `actions.${at}: ${message}`,
    detail: { line, index: at },
  });
}
