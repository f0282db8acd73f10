import type { AppError, ErrorKind } from '@berth/errors';

const byKind: Readonly<Record<ErrorKind, number>> = {
  malformed: 400,
  unauthenticated: 401,
  denied: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'rate-limited': 429,
  unavailable: 503,
  bug: 500,
};

/** Reasons whose status is more exact than that of their kind. */
const byCode: ReadonlyMap<string, Partial<Record<ErrorKind, number>>> = new Map([
  ['UNSUPPORTED', { malformed: 405 }],
  ['method-not-allowed', { malformed: 405 }],
  ['address-too-long', { malformed: 414 }],
  // More tags at once than there is room for: OCI distribution-spec, development version, "Pushing Manifests".
  ['NAME_INVALID', { 'too-large': 414 }],
  ['unsupported-media-type', { malformed: 415 }],
  // A grant that isn't good: RFC 6749 section 5.2.
  ['invalid_grant', { unauthenticated: 400 }],
  // The bytes don't continue where the upload is: OCI distribution-spec 1.1, "Pushing a blob in chunks".
  ['BLOB_UPLOAD_INVALID', { conflict: 416 }],
  // A Host that no registry has: RFC 9110 section 15.5.20.
  ['misdirected', { 'not-found': 421 }],
]);

/** The one table from kinds (and a few codes) to HTTP statuses. */
export function statusOf({ kind, code }: Pick<AppError, 'kind'> & { readonly code?: string }): number {
  return byCode.get(code ?? '')?.[kind] ?? byKind[kind];
}

/** The kind that a status of another service stands for; a refusal that none has is 'malformed'. */
export function kindOf(status: number): ErrorKind {
  for (const [kind, of] of Object.entries(byKind)) {
    // Object.entries forgets the key's type; the keys are those of the table.
    if (of === status) return kind as ErrorKind;
  }
  if (status >= 500) return 'unavailable';
  return status >= 400 ? 'malformed' : 'bug';
}
