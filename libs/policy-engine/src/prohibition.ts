import { parseAddressRanges } from '@berth/access';
import type { Action, AddressRanges } from '@berth/access';
import type { AssignmentScope } from './role-assignment.js';

/** Why something is shut for everybody. */
export type ProhibitionKind = 'lock' | 'quarantine' | 'private-only' | 'disabled' | 'deleting' | 'quota';

/** What nobody may do to something, whatever they hold, as its record says it. */
export interface ProhibitionRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  readonly kind: ProhibitionKind;
  readonly scope: AssignmentScope;
  /** null = everything. */
  readonly actions: readonly Action[] | null;
  /** Networks from which it does not hold, as `10.0.0.0/8`; none = it holds everywhere. */
  readonly exceptFrom: readonly string[];
}

/** A prohibition made ready for decisions. */
export interface Prohibition extends Omit<ProhibitionRecord, 'actions' | 'exceptFrom'> {
  readonly actions: ReadonlySet<Action> | null;
  readonly exceptFrom: AddressRanges | null;
}

/** @throws AppError 'malformed' with code `invalid_condition` for a network that can't be read */
export function indexProhibition({ actions, exceptFrom, ...rest }: ProhibitionRecord): Prohibition {
  return {
    ...rest,
    actions: actions === null ? null : new Set(actions),
    exceptFrom: exceptFrom.length === 0 ? null : parseAddressRanges(exceptFrom),
  };
}
