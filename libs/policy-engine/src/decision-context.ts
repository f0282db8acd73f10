import type { DecisionContext } from './decision.js';

/**
 * When and from where something is done; no tags.
 *
 * @param atMs epoch milliseconds
 * @param address the client's; null or undefined = not known, so that what depends on it is denied
 */
export function decisionContext(atMs: number, address: string | null | undefined): DecisionContext {
  return address === null || address === undefined ? { atMs } : { atMs, address };
}
