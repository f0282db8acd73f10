import { instant, uuid, version } from '@berth/contracts';
import { z } from 'zod';
import type { Group } from './group.js';
import type { ApiKey, ServiceId } from './service-id.js';
import type { User } from './user.js';

const status = z.enum(['enabled', 'disabled']);

/** A user as it is shown: nothing of a password but whether there is one. */
export const userAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  email: z.string().nullable(),
  status,
  hasPassword: z.boolean(),
  operator: z.boolean(),
  imported: z.boolean(),
  version,
  createdAt: instant,
  changedAt: instant,
});

/** A service ID as it is shown. */
export const serviceIdAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  status,
  version,
  createdAt: instant,
  changedAt: instant,
});

/** An API key as it is shown: not the key. */
export const apiKeyAnswer = z.strictObject({
  id: uuid,
  name: z.string().nullable(),
  createdAt: instant,
  expiresAt: instant.nullable(),
});

/** A group as it is shown. */
export const groupAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  /** The identity provider that decides who is in it; null = people do. */
  issuer: z.string().nullable(),
  version,
  createdAt: instant,
});

/** A member of a group as it is shown. */
export const memberAnswer = z.strictObject({ member: z.string(), name: z.string() });

export type UserAnswer = z.infer<typeof userAnswer>;
export type ServiceIdAnswer = z.infer<typeof serviceIdAnswer>;
export type ApiKeyAnswer = z.infer<typeof apiKeyAnswer>;
export type GroupAnswer = z.infer<typeof groupAnswer>;
export type MemberAnswer = z.infer<typeof memberAnswer>;

export function answerOfUser(user: User): UserAnswer {
  const { id, name, email, operator } = user;
  return {
    ...{ id, name, email, status: user.status, operator },
    hasPassword: user.passwordHash !== null,
    imported: user.isImported,
    version: user.version,
    createdAt: instantOf(user.createdAtMs),
    changedAt: instantOf(user.changedAtMs),
  };
}

export function answerOfServiceId(service: ServiceId): ServiceIdAnswer {
  const { id, name, createdAtMs, changedAtMs } = service;
  const times = { createdAt: instantOf(createdAtMs), changedAt: instantOf(changedAtMs) };
  return { id, name, status: service.status, version: service.version, ...times };
}

export function answerOfApiKey({ id, name, createdAtMs, expiresAtMs }: ApiKey): ApiKeyAnswer {
  const expiresAt = expiresAtMs === null ? null : instantOf(expiresAtMs);
  return { id, name, createdAt: instantOf(createdAtMs), expiresAt };
}

export function answerOfGroup({ id, name, issuer, createdAtMs, ...group }: Group): GroupAnswer {
  return { id, name, issuer, version: group.version, createdAt: instantOf(createdAtMs) };
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
