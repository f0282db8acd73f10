import { instant, principalRef, uuid, version } from '@berth/contracts';
import type { DefinitionsView } from '@berth/policy-engine';
import { z } from 'zod';
import { scopeMapOf } from './known-scope-map.js';
import { slotNumber, type RepositoryToken } from './repository-token.js';

const password = z.strictObject({ slot: slotNumber, createdAt: instant, expiresAt: instant.nullable() });

/** A token as it is shown. Nothing in it opens anything: passwords appear with their times alone. */
export const tokenAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  /** Null when the scope map was deleted; the token then gets nothing. */
  scopeMap: z.string().nullable(),
  status: z.enum(['enabled', 'disabled']),
  expiresAt: instant.nullable(),
  labels: z.record(z.string(), z.string()),
  /** Who must hold as well what the token gives; null = nobody. */
  objectId: principalRef.nullable(),
  passwords: z.array(password),
  version,
  createdAt: instant,
  changedAt: instant,
});

export type TokenAnswer = z.infer<typeof tokenAnswer>;

/** What is shown of a token. */
export function answerOf(token: RepositoryToken, view: Pick<DefinitionsView, 'scopeMap'>): TokenAnswer {
  const { id, name, status, labels, version: tokenVersion } = token;
  return {
    id,
    name,
    scopeMap: scopeMapOf(view, token)?.name ?? null,
    status,
    expiresAt: instantOrNull(token.expiresAtMs),
    labels: { ...labels },
    objectId: token.owner,
    passwords: token.passwords.map(({ slot, createdAtMs, expiresAtMs }) => ({
      slot,
      createdAt: instantOf(createdAtMs),
      expiresAt: instantOrNull(expiresAtMs),
    })),
    version: tokenVersion,
    createdAt: instantOf(token.createdAtMs),
    changedAt: instantOf(token.changedAtMs),
  };
}

export function instantOrNull(ms: number | null): string | null {
  return ms === null ? null : instantOf(ms);
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
