import { uuid } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { z } from 'zod';
import type { MemberRef } from './group.js';

/** `/users/{id}`, `/service-ids/{id}`, `/groups/{id}`. */
export const principalAddress = z.object({ id: uuid });

/** `/service-ids/{id}/api-keys/{key}`. */
export const apiKeyAddress = principalAddress.extend({ key: uuid });

/** `/groups/{id}/members/{kind}:{id}`. */
export const memberAddress = principalAddress.extend({
  member: z
    .string()
    .regex(/^(user|service):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a member is user:<id> or service:<id>')
    .transform(memberOf),
});

export type PrincipalAddress = z.infer<typeof principalAddress>;
export type ApiKeyAddress = z.infer<typeof apiKeyAddress>;
export type MemberAddress = z.infer<typeof memberAddress>;

/** The name of a new principal belongs to another one of the account. */
export function nameTaken(name: string): AppError {
  return new AppError({ kind: 'conflict', code: 'name-taken', message: `the name ${name} is taken` });
}

function memberOf(ref: string): MemberRef {
  const [kind, id = ''] = ref.split(':', 2);
  return { kind: kind === 'user' ? 'user' : 'service', id };
}
