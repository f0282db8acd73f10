import type { Descriptor, Digest, Manifest, Reference, Tag } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { Repository, RepositoryAddress } from './repository.js';

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

/** A page of a list of names. */
export interface NamePage {
  /** At most so many names. */
  readonly limit: number;
  /** Only names behind this one in bytewise order; null = from the beginning. */
  readonly after: string | null;
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

  /** Points the tag at a manifest of the repository, whatever it pointed at before. */
  abstract setTag(tx: Transaction, repository: Repository, tag: { name: Tag; digest: Digest; at: Date }): Promise<void>;

  /** Tags in bytewise order, or null when the repository doesn't exist. */
  abstract tags(address: RepositoryAddress, page: NamePage): Promise<readonly string[] | null>;
}

/** The blobs that a manifest needs in its repository: not what may be left out because it may not be distributed. */
export function requiredBlobs(manifest: Manifest, isOptional: (mediaType: string) => boolean): readonly Descriptor[] {
  const layers = manifest.layers.filter(({ mediaType }) => !isOptional(mediaType));
  return manifest.config === null ? layers : [manifest.config, ...layers];
}
