import { indexActionLines, parseAccessCondition, parseActionLine, parseRepositoryPattern } from '@berth/access';
import type {
  AccessCondition,
  AccessConditionRecord,
  ActionLine,
  ActionLineIndex,
  RepositoryPattern,
} from '@berth/access';

/** A scope map as its record says it. */
export interface ScopeMapRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  readonly registryId: string;
  readonly name: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  /** Lines as `repositories/samples/hello-world/content/read`. */
  readonly actions: readonly string[];
  /** What binds the lines further; without any, they grant by themselves. */
  readonly conditions?: readonly ScopeMapConditionRecord[] | undefined;
}

/** A condition on all that a scope map grants on some repositories, beside its lines. */
export interface ScopeMapConditionRecord extends AccessConditionRecord {
  /** A repository name, a prefix or `*`. */
  readonly repository: string;
}

/** A {@link ScopeMapConditionRecord}, parsed. */
export interface ScopeMapCondition {
  readonly pattern: RepositoryPattern;
  readonly condition: AccessCondition;
}

/** A scope map made ready for decisions: parsed and indexed once, when it enters a copy of the definitions. */
export interface ScopeMap extends Omit<ScopeMapRecord, 'actions' | 'conditions'> {
  readonly lines: readonly ActionLine[];
  readonly index: ActionLineIndex;
  readonly conditions: readonly ScopeMapCondition[];
}

/**
 * Parses and indexes a scope map's record, whatever its number of lines.
 *
 * @throws AppError 'malformed' with code `invalid_action_line`, `invalid_pattern` or `invalid_condition` for the first
 *   part that can't be read
 */
export function indexScopeMap(record: ScopeMapRecord): ScopeMap {
  const { actions, conditions = [], ...rest } = record;
  const lines = actions.map(parseActionLine);
  const parsed = conditions.map(({ repository, ...condition }) => ({
    pattern: parseRepositoryPattern(repository),
    condition: parseAccessCondition(condition),
  }));
  return { ...rest, lines, index: indexActionLines(lines), conditions: parsed };
}

/** Whether replacing the conditions `before` by `after` may take something away: any that was not there before does. */
export function conditionsNarrow(
  before: readonly ScopeMapConditionRecord[],
  after: readonly ScopeMapConditionRecord[],
): boolean {
  const known = new Set(before.map(textOf));
  return after.some((condition) => !known.has(textOf(condition)));
}

function textOf({ repository, tags, cidrs, notBefore, notAfter, createOnly }: ScopeMapConditionRecord): string {
  const times = [notBefore ?? null, notAfter ?? null];
  return JSON.stringify([repository, tags ?? null, cidrs ?? null, ...times, createOnly ?? null]);
}
