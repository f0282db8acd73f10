import type { AppError } from '@berth/errors';
import { isNonDistributable, ociError, type Descriptor, type Digest, type Manifest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { ContentStores } from '../content-stores.js';
import { maxIndexDepth, namedBlobs } from '../manifest.js';
import type { Repository } from '../repository.js';

/** A manifest that is being pushed, and whether what it names may be missing. */
export interface CheckedManifest {
  readonly repository: Repository;
  readonly digest: Digest;
  readonly manifest: Manifest;
  /** `<kind>:<id>` of who pushes it. */
  readonly principal: string;
  readonly at: Date;
  readonly maySparse: boolean;
}

/**
 * Requires the blobs that a manifest names. What its pusher may not open counts as not here, as an answer to HEAD says too:
 * or naming a digest would be a way to learn its size, or to open it. What may not be distributed may be elsewhere.
 *
 * @returns those that are here, each until the transaction ends
 * @throws AppError 'malformed' MANIFEST_BLOB_UNKNOWN, or MANIFEST_INVALID for another size than the blob has
 */
export async function requireBlobs(
  tx: Transaction,
  { blobs }: ContentStores,
  { repository, digest: manifest, manifest: content, principal, at, maySparse }: CheckedManifest,
): Promise<ReadonlySet<Digest>> {
  const named = namedBlobs(content);
  if (named.length === 0) return new Set();
  const found = await blobs.namedIn(tx, repository, { manifest, digests: digestsOf(named), principal, at });
  for (const { digest, sizeBytes, mediaType } of named) {
    if (isNonDistributable(mediaType)) continue;
    const actual = found.get(digest)?.sizeBytes;
    if (actual === undefined) {
      if (maySparse) continue;
      throw unknownContent(digest);
    }
    if (actual !== sizeBytes) {
      const message = `manifest invalid: ${digest} has ${actual} bytes, not ${sizeBytes}`;
      throw ociError({ code: 'MANIFEST_INVALID', message });
    }
  }
  return new Set([...found].flatMap(([digest, { isOpenable }]) => (isOpenable ? [digest] : [])));
}

/**
 * 0 for an image; for an index one more than its deepest child, all of which must be here.
 *
 * @throws AppError 'malformed' MANIFEST_BLOB_UNKNOWN, or MANIFEST_INVALID for too many levels
 */
export async function depthOf(
  tx: Transaction,
  { manifests }: ContentStores,
  { repository, manifest, maySparse }: CheckedManifest,
): Promise<number> {
  if (manifest.shape === 'image') return 0;
  const wanted = digestsOf(manifest.manifests);
  const depths = await manifests.depthsOf(tx, repository, wanted);
  const missing = wanted.find((digest) => !depths.has(digest));
  if (missing !== undefined && !maySparse) throw unknownContent(missing);
  const depth = 1 + Math.max(-1, ...depths.values());
  if (depth > maxIndexDepth) {
    const message = `manifest invalid: indexes nested more than ${maxIndexDepth} levels deep`;
    throw ociError({ code: 'MANIFEST_INVALID', message });
  }
  return depth;
}

function digestsOf(descriptors: readonly Descriptor[]): readonly Digest[] {
  return [...new Set(descriptors.map(({ digest }) => digest))];
}

function unknownContent(digest: Digest): AppError {
  return ociError({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } });
}
