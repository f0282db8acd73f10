import { z } from 'zod';
import { maxTokenLength } from './compact-token.js';
import { invalidToken } from './invalid-token.js';

/** Claims of a token of another issuer, as far as Berth reads them. Times are seconds since 1970. */
export interface SubjectClaims {
  readonly issuer: string;
  readonly subject: string;
  /** The one audience: a token that is good in two places can be carried from one to the other. */
  readonly audience: string;
  readonly expiresAtSeconds: number;
  /** All claims, by their names. */
  readonly all: Readonly<Record<string, unknown>>;
}

const text = z.string().min(1).max(2048);
const one = z.union([text, z.tuple([text]).transform(([only]) => only)]);
const claims = z.looseObject({
  iss: text,
  sub: text,
  aud: one,
  exp: z.number().positive(),
  iat: z.number().positive(),
});
const header = z.looseObject({ typ: z.string().optional() });

/** What tokens that say who somebody is are called; a log-out token or a token of Berth is another kind. */
const types = ['jwt', 'at+jwt'];

/**
 * What a token of another issuer says, before anything of it is true: by it is only chosen with whose keys it is verified,
 * and whether anybody trusts that issuer.
 *
 * @param compact as the client sent it, any length
 * @throws AppError 'unauthenticated' with code `invalid_token` for what is no such token; its cause says why, for the log
 * @source RFC 7519; RFC 8693 section 2.1
 */
export function readSubjectToken(compact: string): SubjectClaims {
  if (compact.length > maxTokenLength) throw invalidToken('longer than any token');
  const [head = '', payload = '', signature, ...more] = compact.split('.');
  if (signature === undefined || more.length > 0) throw invalidToken('not three parts');
  const { typ } = checked(header.safeParse(decoded(head)));
  if (typ !== undefined && !types.includes(typ.toLowerCase().replace(/^application\//, ''))) {
    throw invalidToken('of a type that says who nobody is');
  }
  return subjectClaims(decoded(payload));
}

/** Claims in the form in which they are decided from. @throws AppError 'unauthenticated' when one is missing */
export function subjectClaims(payload: unknown): SubjectClaims {
  const all = checked(claims.safeParse(payload));
  return { issuer: all.iss, subject: all.sub, audience: all.aud, expiresAtSeconds: all.exp, all };
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch (e) {
    throw invalidToken('not JSON', e);
  }
}

function checked<T>(result: { success: true; data: T } | { success: false; error: unknown }): T {
  if (!result.success) throw invalidToken('claims that do not fit', result.error);
  return result.data;
}
