import { uuid } from '@berth/contracts';
import { z } from 'zod';

/** A role assignment or access policy in an address. Anything but an id is 400. */
export const grantAddress = z.object({ id: uuid });

export type GrantAddress = z.infer<typeof grantAddress>;
