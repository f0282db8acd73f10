import { z } from 'zod';

/** Something in a grant that its author should know; the grant is kept as it was written. */
export const grantWarning = z.strictObject({ code: z.string(), message: z.string() });

export type GrantWarning = z.infer<typeof grantWarning>;
