import {
  algorithmOf,
  digestOf,
  ociError,
  parseManifest,
  type Digest,
  type Reference,
  type RepositoryName,
  type Tag,
} from '@berth/oci';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import { ContentRules } from '../content-rules.js';
import { ContentStores } from '../content-stores.js';
import { failPoint } from '../fail-point.js';
import { Report } from '../report.js';
import type { Repository } from '../repository.js';
import { growthBy, noGrowth } from '../usage.js';
import { requireNotWrittenOnce } from '../written-once.js';
import { depthOf, requireBlobs } from './required-content.js';

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
      await this.stores.quarantines.lock(tx, repository, digest);
      const isBegun = await this.quarantine(tx, caller, { repository, digest, at });
      const principal = caller.claims.sub;
      const checked = { repository, digest, manifest, principal, at, maySparse: this.life.settings.maySparse };
      const blobs = await requireBlobs(tx, this.stores, checked);
      const depth = await depthOf(tx, this.stores, checked);
      const pushed = { digest, manifest, content: bytes, depth, blobs, principal, at };
      const { isOpen, isNew } = await this.stores.manifests.insert(tx, repository, pushed);
      if (isOpen && !isBegun && blobs.size > 0) await this.stores.blobs.release(tx, repository, [...blobs]);
      await this.setTags(tx, caller, { repository, tags, digest, at });
      await this.report.manifestPushed(tx, caller, { repository: name, digest, bytes: bytes.length }, tags);
      if (isBegun) await this.close(tx, caller, { repository, digest, at });
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
   * @returns whether it is for this push to close it
   */
  private async quarantine(
    tx: Transaction,
    caller: DataPlaneCaller,
    { repository, digest, at }: { repository: Repository; digest: Digest; at: Date },
  ): Promise<boolean> {
    const rule = this.rules.quarantineIn(repository.registryId);
    if (rule === null || (await this.mustStayOpen(tx, caller, { repository, digest, at }))) return false;
    const releaseAt = rule.releaseAfterMs === null ? null : new Date(at.getTime() + rule.releaseAfterMs);
    const start = { digest, principal: caller.claims.sub, at, releaseAt };
    if (!(await this.stores.quarantines.begin(tx, repository, start))) return false;
    // What was pushed before may be there, open.
    await this.stores.blobs.hold(tx, repository, digest);
    return true;
  }

  /** Pushing what is open again takes it from everybody: not from under a tag that is written once, nor by who only adds. */
  private async mustStayOpen(
    tx: Transaction,
    caller: DataPlaneCaller,
    { repository, digest, at }: { repository: Repository; digest: Digest; at: Date },
  ): Promise<boolean> {
    const isOnceIn = this.rules.writesOnceIn(repository);
    if (!isOnceIn && caller.mayReplace()) return false;
    const tags = await this.stores.manifests.tagsOfOpen(tx, repository, { digest, at });
    if (tags === null) return false;
    if (!caller.mayReplace()) return true;
    const wholes = await this.stores.manifests.tagsOver(tx, repository, digest);
    return [...tags, ...wholes].some((tag) => this.rules.isWrittenOnce(repository, tag));
  }

  /** A manifest that was pushed before what is pushed was closed at first is closed by being pushed again. */
  private async close(
    tx: Transaction,
    caller: DataPlaneCaller,
    { repository, ...closed }: { repository: Repository; digest: Digest; at: Date },
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
}
