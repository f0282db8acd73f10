import { storableText } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { z } from 'zod';

/** Query of every list: at most `limit` items (1..1000, 100 when left out), those after `after` of the page before. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.string().min(1).max(400).optional(),
} as const;

/** One page: `next` is the `after` of the following one, null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** The schema of a page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable() });
}

/**
 * Makes a page of one item more than was asked for: its presence says that there is another page.
 *
 * @param found at most `limit + 1` items in the list's order
 * @param keyOf the value by which the list is ordered, unique
 */
export function toPage<Item>(found: readonly Item[], limit: number, keyOf: (item: Item) => string): Page<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

/** A cursor is opaque to callers, so that what it holds may change. */
export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** What a list can be ordered by. */
const cursorKey = storableText(400).min(1);

/** The key in a cursor. @throws AppError 'malformed' when it can't be one of ours */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (cursorKey.safeParse(key).success && encodeCursor(key) === cursor) return key;
  throw new AppError({
    kind: 'malformed',
    code: 'malformed-cursor',
    message: 'after: must be the `next` of a page before',
  });
}
