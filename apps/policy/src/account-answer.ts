import { instant, uuid, version, type AccountDefinition } from '@berth/contracts';
import { z } from 'zod';

/** An account as it is answered. */
export const accountAnswer = z.strictObject({ id: uuid, name: z.string(), version, changedAt: instant });

/** What platform operators may see of an account. */
export function answerOf({ id, name, version: number, changedAt }: AccountDefinition): z.infer<typeof accountAnswer> {
  return { id, name, version: number, changedAt };
}
