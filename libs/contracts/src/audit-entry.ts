import { z } from 'zod';
import { services } from './ids.js';
import { instant, uuid } from './scalars.js';

/** What happened, in one word; the canonical action says on what right it was decided. */
export const entryEvents = [
  'token-issued',
  'token-refused',
  'pull',
  'check',
  'blob-pull',
  'pull-aborted',
  'blob-uploaded',
  'blob-mounted',
  'blob-deleted',
  'blob-found-bad',
  'manifest-pushed',
  'manifest-deleted',
  'quarantined',
  'quarantine-passed',
  'quarantine-failed',
  'untagged',
  'repository-deleted',
  'quota-neared',
  'created',
  'updated',
  'deleted',
  'refused',
] as const;

/**
 * One line of the audit log before it has its sequence number. An allow-list: whatever has no field here can't get in,
 * so no secret can. An unknown user name is written as a keyed hash, never as it was typed (people type passwords there).
 */
export const entryDraft = z.strictObject({
  at: instant,
  account: uuid,
  event: z.enum(entryEvents),
  actor: z.strictObject({
    /** `<kind>:<id>`; null when no principal was recognised. */
    id: z.string().max(400).nullable(),
    name: z.string().max(300),
    slot: z.int().min(1).max(2).optional(),
  }),
  /** Canonical action, or null where none was asked for (a log-in). */
  action: z.string().max(64).nullable(),
  /** What was asked in the client's words, e.g. the scopes of a token request. */
  asked: z.string().max(2000).optional(),
  target: z.strictObject({
    registryId: uuid.optional(),
    repository: z.string().max(255).optional(),
    tag: z.string().max(128).optional(),
    digest: z.string().max(140).optional(),
    bytes: z.int().nonnegative().optional(),
    /** `<kind>:<id>` of a managed thing, and its name. */
    resource: z.string().max(400).optional(),
    resourceName: z.string().max(300).optional(),
  }),
  outcome: z.enum(['allowed', 'refused', 'aborted']),
  /** Machine-readable reason of a refusal, e.g. `no-grant`, `wrong-password`. */
  reason: z.string().max(64).optional(),
  /** The grants that decided, `<kind>:<id>` with their versions. */
  decidedBy: z
    .array(z.strictObject({ ref: z.string().max(200), version: z.int() }))
    .max(16)
    .optional(),
  source: z.strictObject({ address: z.string().max(64).optional(), userAgent: z.string().max(256).optional() }),
  traceId: z.string().max(64).optional(),
  service: z.enum(services),
  instance: z.string().max(64),
});

export type EntryDraft = z.infer<typeof entryDraft>;
export type EntryEvent = (typeof entryEvents)[number];

/** An entry as it is stored and answered: `seq` is contiguous from 1 over the whole log. */
export const entry = entryDraft.extend({ seq: z.int().positive() });
export type Entry = z.infer<typeof entry>;

/** `GET /api/v1/audit/entries`; `next` is the `after` of the following page, null on the last. */
export const entryPage = z.strictObject({ items: z.array(entry), next: z.string().nullable() });
export type EntryPage = z.infer<typeof entryPage>;
