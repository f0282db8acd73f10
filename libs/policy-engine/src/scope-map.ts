import { indexActionLines, parseActionLine } from '@berth/access';
import type { ActionLine, ActionLineIndex } from '@berth/access';

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
}

/** A scope map made ready for decisions: parsed and indexed once, when it enters a copy of the definitions. */
export interface ScopeMap extends Omit<ScopeMapRecord, 'actions'> {
  readonly lines: readonly ActionLine[];
  readonly index: ActionLineIndex;
}

/**
 * Parses and indexes a scope map's record, whatever its number of lines.
 *
 * @throws AppError 'malformed' with code `invalid_action_line` for the first line that can't be read
 */
export function indexScopeMap(record: ScopeMapRecord): ScopeMap {
  const { actions, ...rest } = record;
  const lines = actions.map(parseActionLine);
  return { ...rest, lines, index: indexActionLines(lines) };
}
