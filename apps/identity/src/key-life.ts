import { clockLeewaySeconds, maxAccessTokenSeconds } from '@berth/contracts';
import type { StoredSigningKey } from './signing-key.js';

/** A new key signs this long after it was published, so that everybody who verifies has it by then. */
export const publicationMs = 60_000;

/** By then each process has learned that another key signs; it looks every few seconds. */
const handOverMs = 60_000;

/** How long a retired key verifies: until the last token that it can have signed is dead. */
export const retiredLifeMs = (maxAccessTokenSeconds + clockLeewaySeconds) * 1000 + handOverMs;

/** What time asks for. */
export interface DueChanges {
  /** Active keys after which another signs everywhere. */
  readonly toRetire: readonly StoredSigningKey[];
  /** Retired keys of which no token is alive. */
  readonly toEnd: readonly StoredSigningKey[];
  /** Whether the newest key is as old as a key may get. */
  readonly isRotationDue: boolean;
}

/**
 * What is to be done about keys by now. Pure.
 *
 * @param keys all there are
 * @param at `maxAgeMs` 0 = keys don't get too old
 */
export function dueChanges(
  keys: readonly StoredSigningKey[],
  { nowMs, maxAgeMs }: { readonly nowMs: number; readonly maxAgeMs: number },
): DueChanges {
  const active = keys.filter(({ status }) => status === 'active');
  const signingSinceMs = Math.max(
    ...active.map(({ signsFromMs }) => signsFromMs).filter((from) => from + handOverMs <= nowMs),
  );
  const newestMs = Math.max(...active.map(({ signsFromMs }) => signsFromMs));
  return {
    toRetire: active.filter(({ signsFromMs }) => signsFromMs < signingSinceMs),
    toEnd: keys.filter(
      ({ status, changedAt }) => status === 'retired' && Date.parse(changedAt) + retiredLifeMs <= nowMs,
    ),
    isRotationDue: maxAgeMs !== 0 && active.length > 0 && newestMs + maxAgeMs <= nowMs,
  };
}
