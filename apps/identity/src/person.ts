import { AppError } from '@berth/errors';
import { z } from 'zod';
import { maxMemberships } from './group.js';
import { groupName, principalName } from './principal-name.js';

/** Somebody whom the identity provider has recognised. */
export interface Person {
  readonly issuer: string;
  /** What the provider gives to nobody else: with the issuer it is who this is. */
  readonly subject: string;
  /** What they would like to be called; may be somebody else's name here, and says nothing about who they are. */
  readonly wishedName: string;
  /** Shown to people; nothing is decided by it. */
  readonly email: string | null;
  /** Each once, sorted, as many as one may be in; none where groups are not the provider's matter. */
  readonly groups: readonly string[];
}

const claims = z.looseObject({
  iss: z.string().min(1).max(512),
  sub: z.string().min(1).max(512),
  preferred_username: z.string().optional().catch(undefined),
  email: z.email().max(254).optional().catch(undefined),
});

/** A list, or one name alone, as some providers write it. */
const groupsClaimed = z.union([z.array(z.unknown()), z.string().transform((name) => [name])]).catch([]);

/**
 * @param verified claims of an ID token that was verified
 * @param groupsClaim null = groups are not the provider's matter
 * @throws AppError 'denied' when the claims don't say who it is
 */
export function personOf(verified: unknown, groupsClaim: string | null): Person {
  const { success, data } = claims.safeParse(verified);
  if (!success) throw new AppError({ kind: 'denied', code: 'log-in-refused', message: 'the log-in was refused' });
  const { iss: issuer, sub: subject, preferred_username: preferred, email = null } = data;
  const wishedName = [preferred, subject].find((name) => principalName.safeParse(name).success) ?? 'user';
  return { issuer, subject, wishedName, email, groups: groupsClaim === null ? [] : groupsIn(data, groupsClaim) };
}

function groupsIn(all: Readonly<Record<string, unknown>>, claim: string): readonly string[] {
  const listed = Object.hasOwn(all, claim) ? groupsClaimed.parse(all[claim]) : [];
  const names = listed.flatMap((name) => groupName.safeParse(name).data ?? []);
  return [...new Set(names)].sort().slice(0, maxMemberships);
}
