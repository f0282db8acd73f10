import type { BlobKey } from '@berth/blob-store';
import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { Repository, RepositoryAddress } from './repository.js';

/** Where Nest gives the blob store, which is an interface. */
export const BLOB_STORE = Symbol('BlobStore');

/** A blob whose bytes are in the blob store. */
export interface Blob {
  readonly digest: Digest;
  readonly key: BlobKey;
  readonly sizeBytes: number;
}

/** Who brings a blob into a repository, and when. */
export interface BlobArrival {
  readonly blob: Blob;
  /** `<kind>:<id>` */
  readonly principal: string;
  readonly at: Date;
}

/** Which blobs there are and in which repositories they are visible. The bytes are the blob store's. */
export abstract class BlobIndexStore {
  /** The blob if it is linked in the repository; one statement. */
  abstract find(address: RepositoryAddress, digest: Digest): Promise<Blob | null>;

  /**
   * Makes the blob visible in the repository and its bringer a holder. Its bytes must be durable before.
   *
   * @returns the live blob: another one with another key when the digest was there already, so that the caller can
   *   discard its own bytes once the transaction is committed
   */
  abstract add(tx: Transaction, repository: Repository, arrival: BlobArrival): Promise<Blob>;

  /** Sizes in bytes of those of the digests that are linked in the repository; each link stays until the transaction ends. */
  abstract sizesOf(tx: Transaction, repository: Repository, digests: readonly Digest[]): Promise<Map<Digest, number>>;

  /** Marks links that a manifest which may be pulled refers to. */
  abstract release(tx: Transaction, repository: Repository, digests: readonly Digest[]): Promise<void>;
}
