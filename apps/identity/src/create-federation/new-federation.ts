import { storableText } from '@berth/contracts';
import { z } from 'zod';
import { principalName } from '../principal-name.js';

const plain = (max: number) =>
  storableText(max)
    .min(1)
    .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters');

/** Claims that a person can change, or that another one can get: whoever has the name today is not who had it before. */
const changeable = ['email', 'email_verified', 'name', 'nickname', 'preferred_username', 'upn', 'unique_name'];

/** Claims that every token has, and that the rule has a place of its own for. */
const ownPlace = ['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti'];

const claimName = plain(128)
  .refine((name) => !changeable.includes(name.replace(/^\//, '')), 'this claim may pass to somebody else: take an id')
  .refine((name) => !ownPlace.includes(name.replace(/^\//, '')), 'this claim is not asked for in this way');

/** The body of `POST /federations`. */
export const newFederation = z
  .strictObject({
    name: principalName,
    issuer: z.string().min(1).max(512),
    audience: z.string().min(1).max(255).optional(),
    subject: plain(512).optional(),
    claim: z.strictObject({ name: claimName, value: plain(256) }).optional(),
    principal: z
      .string()
      .regex(/^workload:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'principal is workload:<id>')
      .optional(),
  })
  .refine(({ subject, claim }) => subject !== undefined || claim !== undefined, 'subject, claim or both are needed');

export type NewFederationBody = z.infer<typeof newFederation>;
