import { AppError } from '@berth/errors';
import { isDigest, type Digest } from '@berth/oci';
import { z } from 'zod';
import type { ManifestInfo } from './manifest-info.js';
import type { QuarantineState } from './quarantine.js';

/** States as the management API spells them, which is how ACR does. */
export const quarantineStateName = z.enum(['Quarantined', 'Passed', 'Failed']);

const stateOf = { Quarantined: 'quarantined', Passed: 'passed', Failed: 'failed' } as const;
const nameOf = { quarantined: 'Quarantined', passed: 'Passed', failed: 'Failed' } as const;

/** What the management API says of a manifest. */
export const manifestAnswer = z.strictObject({
  digest: z.string(),
  mediaType: z.string(),
  size: z.int(),
  pushedAt: z.iso.datetime(),
  tags: z.array(z.string()),
  /** null = nothing was ever decided: it is open. */
  quarantineState: quarantineStateName.nullable(),
  quarantineDetails: z.string().nullable(),
  /** When it is, or was, open if nobody decides. */
  releaseAt: z.iso.datetime().nullable(),
  changedBy: z.string().nullable(),
  changedAt: z.iso.datetime().nullable(),
});

export function answerOf({ quarantine, ...info }: ManifestInfo): z.infer<typeof manifestAnswer> {
  return {
    digest: info.digest,
    mediaType: info.mediaType,
    size: info.sizeBytes,
    pushedAt: info.pushedAt.toISOString(),
    tags: [...info.tags],
    quarantineState: quarantine === null ? null : nameOf[quarantine.state],
    quarantineDetails: quarantine?.details ?? null,
    releaseAt: quarantine?.releaseAt?.toISOString() ?? null,
    changedBy: quarantine?.changedBy ?? null,
    changedAt: quarantine?.changedAt.toISOString() ?? null,
  };
}

export function parseState(name: z.infer<typeof quarantineStateName>): QuarantineState {
  return stateOf[name];
}

/** @throws AppError 'not-found' for what is no digest, as for one that is not there */
export function digestInPath(text: string): Digest {
  if (isDigest(text)) return text;
  throw noSuchManifest();
}

export function noSuchManifest(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-manifest', message: 'there is no such manifest' });
}
