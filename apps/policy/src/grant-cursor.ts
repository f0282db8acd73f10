import { uuid } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { decodeCursor } from '@berth/http';

/** The id in the cursor of a list that is ordered by ids. @throws AppError 'malformed' when it can't be one of ours */
export function decodeIdCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = decodeCursor(cursor);
  if (uuid.safeParse(id).success) return id;
  throw new AppError({
    kind: 'malformed',
    code: 'malformed-cursor',
    message: 'after: must be the `next` of a page before',
  });
}
