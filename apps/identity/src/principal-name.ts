import { storableText } from '@berth/contracts';
import { z } from 'zod';

/** User names with a meaning of their own at log-in, in Berth or in the registries whose clients come here. */
const reservedNames = new Set(['admin', 'iamapikey', '00000000-0000-0000-0000-000000000000']);

/** Whether nobody may be given this name; letters of either case. */
export function isReservedName(name: string): boolean {
  return reservedNames.has(name.toLowerCase());
}

/**
 * Name of a user or service ID: what it logs in with, so without a colon (RFC 7617), and without a slash, which devices have.
 * 1 to 128 letters, digits and `.`, `_`, `@`, `+`, `-`, of which the first is a letter or digit; compared exactly.
 */
export const principalName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/, 'a name has 1 to 128 letters, digits and any of "._@+-"')
  .refine((name) => !isReservedName(name), 'this name is reserved');

/** Name of a group: 1 to 128 characters, no control characters, no space at either end; compared exactly. */
export const groupName = storableText(128)
  .min(1)
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')
  .refine((name) => name === name.trim(), 'must not begin or end with a space');
