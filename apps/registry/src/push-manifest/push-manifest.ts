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
  type Tag,
} from '@berth/oci';
import type { AppError } from '@berth/errors';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import { ContentRules } from '../content-rules.js';
import { ContentStores } from '../content-stores.js';
import { failPoint } from '../fail-point.js';
import { maxIndexDepth, namedBlobs } from '../manifest.js';
import { Report } from '../report.js';
import type { Repository } from '../repository.js';
import { growthBy, noGrowth } from '../usage.js';
import { requireNotWrittenOnce } from '../written-once.js';

/** A manifest as it was sent, and what it shall be known by. */
export interface PushedManifest {
  readonly name: RepositoryName;
  readonly reference: Reference;
  /** What it shall be known by beside its digest, none twice. */
  readonly tags: readonly Tag[];
  /** The header as sent; null = none. */
  readonly contentType: string | null;
  /** At most 4 MiB. */
  readonly bytes: Buffer;
}

/** The tags that a manifest of a repository shall have, whatever else it has. */
interface WantedTags {
  readonly repository: Repository;
  readonly tags: readonly Tag[];
  readonly digest: Digest;
  readonly at: Date;
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
    private readonly life: ContentLife,
    private readonly rules: ContentRules,
  ) {}

  /**
   * @throws AppError 'malformed' MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN or DIGEST_INVALID; 'too-large' MANIFEST_INVALID;
   *   'unauthenticated' when the caller's right was taken away meanwhile; 'denied' when a tag that is there must not be
   *   moved, or there is no room by a quota; 'unavailable'. Nothing is changed then.
   */
  async push(
    caller: DataPlaneCaller,
    { name, reference, tags, contentType, bytes }: PushedManifest,
  ): Promise<AcceptedManifest> {
    const manifest = parseManifest({ bytes, contentType });
    const digest = digestOf(bytes, reference.kind === 'digest' ? algorithmOf(reference.digest) : 'sha256');
    if (reference.kind === 'digest' && reference.digest !== digest) throw ociError({ code: 'DIGEST_INVALID' });
    // The body may have taken its time.
    await caller.confirm();
    const at = this.life.now();
    await this.db.transaction(async (tx) => {
      const repository = await this.stores.openFor(caller, tx, { address: addressOf(caller, name), at });
      const closed = await this.quarantine(tx, caller, { repository, digest, at });
      await this.checkBlobs(tx, repository, manifest);
      const depth = await this.depthOf(tx, repository, manifest);
      const pushed = { digest, manifest, content: bytes, depth, principal: caller.claims.sub, at };
      const { isOpen, isNew } = await this.stores.manifests.insert(tx, repository, pushed);
      if (isOpen && closed === null) await this.release(tx, repository, manifest);
      await this.setTags(tx, caller, { repository, tags, digest, at });
      await this.report.manifestPushed(tx, caller, { repository: name, digest, bytes: bytes.length }, tags);
      if (closed !== null) await this.close(tx, caller, { repository, digest, blobs: closed, at });
      const growth = isNew ? growthBy(bytes.length) : noGrowth;
      await this.stores.quota.settle(tx, caller, { address: repository, growth, reservedBytes: 0 });
      failPoint('manifest:stored');
    });
    failPoint('manifest:committed');
    return { digest, subject: manifest.subject?.digest ?? null };
  }

  /**
   * Begins the quarantine of a digest about which nothing was decided, where the rule wants it: before anything else of the
   * repository is locked.
   *
   * @returns the blobs of the manifest if it is there already, open; null = it is not for this push to close it
   */
  private async quarantine(
    tx: Transaction,
    { claims }: DataPlaneCaller,
    { repository, digest, at }: { repository: Repository; digest: Digest; at: Date },
  ): Promise<readonly Digest[] | null> {
    const rule = this.rules.quarantineIn(repository.registryId);
    if (rule === null) return null;
    const releaseAt = rule.releaseAfterMs === null ? null : new Date(at.getTime() + rule.releaseAfterMs);
    const start = { digest, principal: claims.sub, at, releaseAt };
    if (!(await this.stores.quarantines.begin(tx, repository, start))) return null;
    return this.stores.blobs.hold(tx, repository, digest);
  }

  /** A manifest that was pushed before what is pushed was closed at first is closed by being pushed again. */
  private async close(
    tx: Transaction,
    caller: DataPlaneCaller,
    { repository, ...closed }: { repository: Repository; digest: Digest; blobs: readonly Digest[]; at: Date },
  ): Promise<void> {
    await this.stores.obeyQuarantine(tx, repository, closed);
    await this.report.manifestQuarantined(tx, caller, { repository: repository.name, digest: closed.digest });
  }

  /** In one order, so that two pushes of the same tags wait for each other; replicas are told last, for the same reason. */
  private async setTags(
    tx: Transaction,
    caller: DataPlaneCaller,
    { repository, tags, ...target }: WantedTags,
  ): Promise<void> {
    let isMoved = false;
    for (const name of [...tags].sort()) {
      const known = await this.stores.manifests.addTag(tx, repository, { name, ...target });
      if (known === null) continue;
      if (known !== target.digest) {
        await caller.confirmMove();
        await requireNotWrittenOnce(this.rules, caller, { repository, tags: [name] });
        isMoved = true;
      }
      await this.stores.manifests.moveTag(tx, repository, { name, ...target });
    }
    if (isMoved) await this.stores.repositories.raiseVersion(tx, repository);
  }

  /** What may not be distributed may be elsewhere. */
  private async checkBlobs(tx: Transaction, repository: Repository, manifest: Manifest): Promise<void> {
    const wanted = namedBlobs(manifest).filter(({ mediaType }) => !isNonDistributable(mediaType));
    if (wanted.length === 0) return;
    const sizes = await this.stores.blobs.sizesOf(tx, repository, digestsOf(wanted));
    for (const { digest, sizeBytes } of wanted) {
      const actual = sizes.get(digest);
      if (actual === undefined) {
        if (this.life.settings.maySparse) continue;
        throw unknownContent(digest);
      }
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
    if (missing !== undefined && !this.life.settings.maySparse) throw unknownContent(missing);
    const depth = 1 + Math.max(-1, ...depths.values());
    if (depth > maxIndexDepth) {
      const message = `manifest invalid: indexes nested more than ${maxIndexDepth} levels deep`;
      throw ociError({ code: 'MANIFEST_INVALID', message });
    }
    return depth;
  }

  /** Whatever of this repository the manifest names may be pulled with it, optional layers included. */
  private async release(tx: Transaction, repository: Repository, manifest: Manifest): Promise<void> {
    const named = namedBlobs(manifest);
    if (named.length > 0) await this.stores.blobs.release(tx, repository, digestsOf(named));
  }
}

function digestsOf(descriptors: readonly Descriptor[]): readonly Digest[] {
  return [...new Set(descriptors.map(({ digest }) => digest))];
}

function unknownContent(digest: Digest): AppError {
  return ociError({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } });
}
