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
  /** `<kind>:<id>` of who pushed it. */
  readonly principal: string;
  readonly at: Date;
}

/** A manifest that is gone. */
export interface RemovedManifest {
  /** What of the repository it referred to. */
  readonly blobs: readonly Digest[];
  readonly tags: readonly Tag[];
  /** Whether another manifest, an index, still lists it. */
  readonly isListed: boolean;
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

  /** Stores the manifest and what it refers to; a manifest that is there already stays as it is. */
  abstract insert(tx: Transaction, repository: Repository, manifest: NewManifest): Promise<void>;

  /**
   * Points the tag at a manifest of the repository, whatever it pointed at before.
   *
   * @returns whether it pointed at another one
   */
  abstract setTag(
    tx: Transaction,
    repository: Repository,
    tag: { name: Tag; digest: Digest; at: Date },
  ): Promise<boolean>;

  /** Takes the tag away, the manifest stays. @returns what it pointed at, or null when there is no such tag */
  abstract deleteTag(tx: Transaction, repository: Repository, name: Tag): Promise<Digest | null>;

  /**
   * Removes the manifest and every tag that points at it.
   *
   * @returns what of the repository it referred to, or null when there is no such manifest
   */
  abstract delete(tx: Transaction, repository: Repository, digest: Digest): Promise<RemovedManifest | null>;

  /**
   * Manifests whose `subject` is the digest, by their own digests in bytewise order. At least one, and beyond that no
   * more than have 4 MiB together.
   */
  abstract referrers(address: RepositoryAddress, wanted: ReferrersOf, page: NamePage): Promise<ReferrerPage>;

  /** Tags in bytewise order, or null when the repository doesn't exist. */
  abstract tags(address: RepositoryAddress, page: NamePage): Promise<readonly string[] | null>;
}

/** The blobs that a manifest names: its config and its layers. */
export function namedBlobs({ config, layers }: Manifest): readonly Descriptor[] {
  return config === null ? layers : [config, ...layers];
}
