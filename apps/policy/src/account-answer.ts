import { instant, uuid, version } from '@berth/contracts';
import { z } from 'zod';
import type { KnownAccount } from './known-accounts.js';

/** An account as it is answered. */
export const accountAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  version,
  changedAt: instant,
  /** In an account that is being deleted everything is refused. */
  status: z.enum(['active', 'deleting']),
});

/** What platform operators may see of an account. */
export function answerOf({ account, isDeleting }: KnownAccount): z.infer<typeof accountAnswer> {
  const { id, name, version: number, changedAt } = account;
  return { id, name, version: number, changedAt, status: isDeleting ? 'deleting' : 'active' };
}
