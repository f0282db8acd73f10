import { AppError } from '@berth/errors';
import { parsePrincipalRef } from '@berth/policy-engine';
import type { Principals } from './principals.js';

/**
 * Asks identity, so that who was made a moment ago is known. Never within a transaction: it would hold its locks for as long
 * as identity takes.
 *
 * @param ref `<kind>:<id>`
 * @throws AppError 'malformed' with code `unknown-principal` for whom the account doesn't have, whether it never was, is gone,
 *   or is another account's; 'unavailable' when identity doesn't answer
 * @source architecture "Read-your-writes"
 */
export async function requireKnown(principals: Principals, account: string, ref: string): Promise<void> {
  const known = await principals.find(account, [parsePrincipalRef(ref)]);
  if (known.has(ref)) return;
  const message = `there is no principal ${ref}`;
  throw new AppError({ kind: 'malformed', code: 'unknown-principal', message, detail: { principal: ref } });
}
