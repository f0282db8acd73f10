import {
  algorithmOf,
  digestOf,
  isNonDistributable,
  ociError,
  parseManifest,
  type Descriptor,
  type Digest,
  type Manifest,
  type Reference,
  type RepositoryName,
} from '@berth/oci';
import type { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ContentStores } from '../content-stores.js';
import { maxIndexDepth, requiredBlobs } from '../manifest.js';
import { Report } from '../report.js';
import type { Repository } from '../repository.js';

/** A manifest as it was sent, and what it shall be known by. */
export interface PushedManifest {
  readonly name: RepositoryName;
  readonly reference: Reference;
  /** The header as sent; null = none. */
  readonly contentType: string | null;
  /** At most 4 MiB. */
  readonly bytes: Buffer;
}

/** What became of it. */
export interface AcceptedManifest {
  readonly digest: Digest;
  /** What it refers to, for the header `OCI-Subject`. */
  readonly subject: Digest | null;
}

/**
 * Stores a manifest and points its tag at it. Everything that it needs must be in the same repository already: bytes
 * elsewhere don't count, so that naming a digest is never a way to read it.
 *
 * @source OCI distribution-spec 1.1 "Pushing manifests"
 */
@Injectable()
export class PushManifest {
  constructor(
    private readonly db: Database,
    private readonly stores: ContentStores,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError 'malformed' MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN or DIGEST_INVALID; 'too-large' MANIFEST_INVALID;
   *   'unauthenticated' when the caller's right was taken away meanwhile; 'unavailable'. Nothing is changed then.
   */
  async push(
    caller: DataPlaneCaller,
    { name, reference, contentType, bytes }: PushedManifest,
  ): Promise<AcceptedManifest> {
    const manifest = parseManifest({ bytes, contentType });
    const digest = digestOf(bytes, reference.kind === 'digest' ? algorithmOf(reference.digest) : 'sha256');
    if (reference.kind === 'digest' && reference.digest !== digest) throw ociError({ code: 'DIGEST_INVALID' });
    // The body may have taken its time.
    await caller.confirm();
    const at = new Date(this.clock());
    await this.db.transaction(async (tx) => {
      const repository = await this.stores.repositories.ensure(tx, { address: addressOf(caller, name), at });
      await this.checkBlobs(tx, repository, requiredBlobs(manifest, isNonDistributable));
      const depth = await this.depthOf(tx, repository, manifest);
      const pushed = { digest, manifest, content: bytes, depth, principal: caller.claims.sub, at };
      await this.stores.manifests.insert(tx, repository, pushed);
      if (reference.kind === 'tag') {
        await this.stores.manifests.setTag(tx, repository, { name: reference.tag, digest, at });
      }
      await this.release(tx, repository, manifest);
      await this.report.manifestPushed(tx, caller, { repository: name, reference, digest, bytes: bytes.length });
    });
    return { digest, subject: manifest.subject?.digest ?? null };
  }

  private async checkBlobs(tx: Transaction, repository: Repository, wanted: readonly Descriptor[]): Promise<void> {
    if (wanted.length === 0) return;
    const sizes = await this.stores.blobs.sizesOf(tx, repository, digestsOf(wanted));
    for (const { digest, sizeBytes } of wanted) {
      const actual = sizes.get(digest);
      if (actual === undefined) throw unknownContent(digest);
      if (actual !== sizeBytes) {
        const message = `manifest invalid: ${digest} has ${actual} bytes, not ${sizeBytes}`;
        throw ociError({ code: 'MANIFEST_INVALID', message });
      }
    }
  }

  /** 0 for an image; for an index one more than its deepest child, all of which must be here. */
  private async depthOf(tx: Transaction, repository: Repository, manifest: Manifest): Promise<number> {
    if (manifest.shape === 'image') return 0;
    const wanted = digestsOf(manifest.manifests);
    const depths = await this.stores.manifests.depthsOf(tx, repository, wanted);
    const missing = wanted.find((digest) => !depths.has(digest));
    if (missing !== undefined) throw unknownContent(missing);
    const depth = 1 + Math.max(-1, ...depths.values());
    if (depth > maxIndexDepth) {
      const message = `manifest invalid: indexes nested more than ${maxIndexDepth} levels deep`;
      throw ociError({ code: 'MANIFEST_INVALID', message });
    }
    return depth;
  }

  /** Whatever of this repository the manifest names may be pulled with it, optional layers included. */
  private async release(tx: Transaction, repository: Repository, manifest: Manifest): Promise<void> {
    const named = requiredBlobs(manifest, () => false);
    if (named.length > 0) await this.stores.blobs.release(tx, repository, digestsOf(named));
  }
}

function digestsOf(descriptors: readonly Descriptor[]): readonly Digest[] {
  return [...new Set(descriptors.map(({ digest }) => digest))];
}

function unknownContent(digest: Digest): AppError {
  return ociError({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } });
}
