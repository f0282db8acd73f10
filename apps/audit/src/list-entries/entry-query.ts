import { parseAction } from '@berth/access';
import { entryDraft, entryEvents, storableText } from '@berth/contracts';
import { pageQuery } from '@berth/http';
import { z } from 'zod';
import type { EntryFilter, EntryPageRequest } from '../entry-log.js';

const moment = z.iso.datetime({ offset: true, message: 'must be an instant, such as 2026-01-02T03:04:05Z' });

const action = z.string().transform((spelling, context) => {
  const known = parseAction(spelling);
  if (known !== null) return known;
  context.addIssue({ code: 'custom', message: 'must be an action, such as content/read' });
  return z.NEVER;
});

/** Query of the entries. `after` is a sequence number: that of the last entry of the page before, or any other. */
export const entryQuery = z.strictObject({
  actor: storableText(400).min(1).optional(),
  action: action.optional(),
  repository: storableText(255).min(1).optional(),
  outcome: entryDraft.shape.outcome.optional(),
  event: z.enum(entryEvents).optional(),
  from: moment.optional(),
  to: moment.optional(),
  limit: pageQuery.limit,
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the `next` of a page before, or a sequence number')
    .optional(),
});

export type EntryQuery = z.infer<typeof entryQuery>;

/** The query in the words of the log. */
export function requestOf(query: EntryQuery): { readonly filter: EntryFilter; readonly page: EntryPageRequest } {
  const { from, to, limit, after, ...filter } = query;
  return {
    filter: { ...filter, from: dateOf(from), to: dateOf(to) },
    page: { limit, afterSeq: after === undefined ? 0 : Number(after) },
  };
}

function dateOf(at: string | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}
