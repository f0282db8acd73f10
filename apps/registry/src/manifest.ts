import type { Descriptor, Digest, Manifest, Reference, Tag } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { NamePage, Repository, RepositoryAddress } from './repository.js';

/** Most levels of indexes above an image. */
export const maxIndexDepth = 4;

/** A manifest without its bytes: what HEAD answers. */
export interface ManifestHead {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** In quarantine: open to who may pull that, by its digest alone. */
  readonly isClosed: boolean;
}

/** A manifest with its bytes exactly as they were pushed. */
export interface StoredManifest extends ManifestHead {
  readonly content: Buffer;
}

/** A manifest to be stored, checked before. */
export interface NewManifest {
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly content: Buffer;
  /** Levels of indexes below and with this one; 0 for an image. */
  readonly depth: number;
  /** Those of the blobs that it names which are here and which its pusher may open: only these are opened by it. */
  readonly blobs: ReadonlySet<Digest>;
  /** `<kind>:<id>` of who pushed it. */
  readonly principal: string;
  readonly at: Date;
}

/** A tag and what it shall point at. */
export interface PlacedTag {
  readonly name: Tag;
  readonly digest: Digest;
  readonly at: Date;
}

/** A manifest that is gone. */
export interface RemovedManifest {
  /** What of the repository it referred to. */
  readonly blobs: readonly Digest[];
  readonly tags: readonly Tag[];
  /** Whether another manifest, an index, still lists it. */
  readonly isListed: boolean;
  readonly sizeBytes: number;
}

/** What became of a manifest that was pushed. */
export interface InsertedManifest {
  /** Whether it may be pulled. */
  readonly isOpen: boolean;
  /** Whether it was not there before. */
  readonly isNew: boolean;
}

/** What names a subject, and what kind of it is wanted. */
export interface ReferrersOf {
  readonly subject: Digest;
  /** null = all. */
  readonly artifactType: string | null;
}

/** Some of the manifests that refer to a digest. */
export interface ReferrerPage {
  readonly manifests: readonly StoredManifest[];
  /** Whether there is none behind them. */
  readonly isLast: boolean;
}

/** Manifests and the tags that name them. */
export abstract class ManifestStore {
  /** By tag or digest, bytes included; one statement. Null when the repository has no such manifest. */
  abstract find(address: RepositoryAddress, reference: Reference): Promise<StoredManifest | null>;

  /** As `find`, without reading the bytes. */
  abstract head(address: RepositoryAddress, reference: Reference): Promise<ManifestHead | null>;

  /** Depths of those of the digests that are manifests of the repository; each stays until the transaction ends. */
  abstract depthsOf(tx: Transaction, repository: Repository, digests: readonly Digest[]): Promise<Map<Digest, number>>;

  /**
   * Stores the manifest and what it refers to; a manifest that is there already stays as it is. It is closed when that was
   * decided about its digest before.
   */
  abstract insert(tx: Transaction, repository: Repository, manifest: NewManifest): Promise<InsertedManifest>;

  /**
   * Makes the manifest open or closed as was decided about its digest.
   *
   * @returns false when it is so already, or there is none
   */
  abstract obeyQuarantine(tx: Transaction, repository: Repository, digest: Digest): Promise<boolean>;

  /**
   * Points a new tag at a manifest of the repository. One that is there stays what it is until the transaction ends, whoever
   * else would make or move it.
   *
   * @returns what the tag points at already; null = it is new
   */
  abstract addTag(tx: Transaction, repository: Repository, tag: PlacedTag): Promise<Digest | null>;

  /** Points a tag that {@link addTag} found there at the manifest. */
  abstract moveTag(tx: Transaction, repository: Repository, tag: PlacedTag): Promise<void>;

  /** Tags that name a manifest which may be pulled now. Null when there is none of the digest, or it is closed. */
  abstract tagsOfOpen(
    tx: Transaction,
    repository: Repository,
    wanted: { digest: Digest; at: Date },
  ): Promise<readonly Tag[] | null>;

  /** Tags of what a manifest or blob of the repository is a part of, and would not be whole without; not its own. */
  abstract tagsOver(tx: Transaction, repository: Repository, digest: Digest): Promise<readonly Tag[]>;

  /** Takes the tag away, the manifest stays. @returns what it pointed at, or null when there is no such tag */
  abstract deleteTag(tx: Transaction, repository: Repository, name: Tag): Promise<Digest | null>;

  /**
   * Removes the manifest and every tag that points at it.
   *
   * @returns what of the repository it referred to, or null when there is no such manifest
   */
  abstract delete(tx: Transaction, repository: Repository, digest: Digest): Promise<RemovedManifest | null>;

  /**
   * Open manifests whose `subject` is the digest, by their own digests in bytewise order. At least one, and beyond that no
   * more than have 4 MiB together.
   */
  abstract referrers(address: RepositoryAddress, wanted: ReferrersOf, page: NamePage): Promise<ReferrerPage>;

  /** Tags of open manifests in bytewise order, or null when the repository doesn't exist. */
  abstract tags(address: RepositoryAddress, page: NamePage): Promise<readonly string[] | null>;
}

/** The blobs that a manifest names: its config and its layers. */
export function namedBlobs({ config, layers }: Manifest): readonly Descriptor[] {
  return config === null ? layers : [config, ...layers];
}
