import { z } from 'zod';
import { uuid } from '../scalars.js';

/**
 * `POST /internal/account-emptied` of policy: identity holds nothing any more of an account that a prohibition with cause
 * `deleting` shuts. Policy then takes away what it holds itself and publishes the account as deleted. 204, once or often, from
 * any replica, and for an account that is not being deleted: nothing is deleted then.
 */
export const accountEmptied = z.strictObject({ accountId: uuid });
export type AccountEmptied = z.infer<typeof accountEmptied>;
