import type { BlobKey } from '@berth/blob-store';
import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { Repository, RepositoryAddress } from './repository.js';
import type { Growth } from './usage.js';

/** Where Nest gives the blob store, which is an interface. */
export const BLOB_STORE = Symbol('BlobStore');

/** A blob whose bytes are in the blob store. */
export interface Blob {
  readonly digest: Digest;
  readonly key: BlobKey;
  readonly sizeBytes: number;
}

/** A blob as one repository has it. */
export interface LinkedBlob extends Blob {
  readonly repositoryId: string;
  /** A manifest of the repository that may be pulled refers to it; else see {@link BlobStanding}. */
  readonly isReleased: boolean;
  /** The scrubber found other bytes than the digest says. */
  readonly isBad: boolean;
}

/** What speaks for opening a linked blob that isn't released, or may only be opened because of a quarantine. */
export interface BlobStanding {
  /** The principal brought it here, and so may open it before a manifest releases it. */
  readonly isHeld: boolean;
  /** A manifest that may be pulled now refers to it: a quarantine has just ended by itself. */
  readonly isOpen: boolean;
  /** A manifest in quarantine refers to it. */
  readonly isQuarantined: boolean;
}

/** Who brings a blob into a repository, and when. */
export interface BlobArrival {
  readonly blob: Blob;
  /** `<kind>:<id>` */
  readonly principal: string;
  readonly at: Date;
  /** Not before this is it looked at whether anything needs it. */
  readonly reviewAfter: Date;
}

/** A blob that is in a repository now. */
export interface ArrivedBlob {
  readonly blob: Blob;
  /** What the repository's namespace and registry take more because of it. */
  readonly growth: Growth;
}

/** Blobs that a manifest names which is being pushed. */
export interface NamedBlobs {
  readonly manifest: Digest;
  readonly digests: readonly Digest[];
  /** `<kind>:<id>` of who pushes it. */
  readonly principal: string;
  readonly at: Date;
}

/** A blob of the repository that a manifest names. */
export interface NamedBlob {
  readonly sizeBytes: number;
  /** Whether who pushes the manifest may open it: else the manifest opens it to nobody. */
  readonly isOpenable: boolean;
}

/** A blob of one repository that shall be readable in another one too. */
export interface BlobMount extends Omit<BlobArrival, 'blob'> {
  readonly source: RepositoryAddress;
  readonly digest: Digest;
}

/** Which blobs there are and in which repositories they are visible. The bytes are the blob store's. */
export abstract class BlobIndexStore {
  /**
   * The blob if it is linked in the repository. May be answered from memory while Postgres says that nothing of the
   * repository was moved or removed.
   */
  abstract find(address: RepositoryAddress, digest: Digest): Promise<LinkedBlob | null>;

  /** One statement, never from memory. */
  abstract standingOf(
    address: RepositoryAddress,
    digest: Digest,
    asked: { readonly principal: string; readonly at: Date },
  ): Promise<BlobStanding>;

  /**
   * Who is told that a blob exists may rely on it and not bring it: it isn't looked at before `until`. Only answers
   * true when the link is still there.
   */
  abstract postponeReview(blob: LinkedBlob, until: Date): Promise<boolean>;

  /**
   * Makes the blob visible in the repository and its bringer a holder. Its bytes must be durable before. A blob whose
   * bytes are being removed, or were found bad, gets these instead.
   *
   * @returns the live blob: another one with another key when the digest was there already; the bytes that are not used
   *   are doomed in the same transaction
   */
  abstract add(tx: Transaction, repository: Repository, arrival: BlobArrival): Promise<ArrivedBlob>;

  /**
   * Makes a blob of another repository visible in this one. One to which only manifests in quarantine refer is not, whoever
   * brought it.
   *
   * @returns null when the principal can't open it there, or it isn't there
   */
  abstract mount(tx: Transaction, repository: Repository, mount: BlobMount): Promise<ArrivedBlob | null>;

  /**
   * Takes the blob out of the repository; its bytes are looked at after the instant.
   *
   * @returns false when it isn't there
   */
  abstract unlink(
    tx: Transaction,
    repository: Repository,
    unlinked: { digest: Digest; reviewAfter: Date },
  ): Promise<boolean>;

  /**
   * Those of the blobs that are linked in the repository and that who pushes the manifest may open; all of them when the
   * manifest is there already. Each link stays until the transaction ends.
   */
  abstract namedIn(tx: Transaction, repository: Repository, named: NamedBlobs): Promise<Map<Digest, NamedBlob>>;

  /** Marks links that a manifest which may be pulled refers to. Only for a manifest that is open. */
  abstract release(tx: Transaction, repository: Repository, digests: readonly Digest[]): Promise<void>;

  /**
   * Waits for pushes that rely on blobs of the manifest, and lets later ones wait. Before the manifest itself is locked: a
   * push takes the locks in that order.
   */
  abstract hold(tx: Transaction, repository: Repository, manifest: Digest): Promise<void>;

  /**
   * Looks again which of the links a manifest still refers to; those that none does are reviewed after the instant. The
   * links are held already, see {@link hold}.
   */
  abstract reconsider(
    tx: Transaction,
    repository: Repository,
    lost: { digests: readonly Digest[]; at: Date; reviewAfter: Date },
  ): Promise<void>;

  /**
   * Looks again which blobs of a manifest one that may be pulled refers to, after the manifest was closed or opened.
   *
   * @returns whether one is other than it was
   */
  abstract weigh(tx: Transaction, repository: Repository, changed: { manifest: Digest; at: Date }): Promise<boolean>;
}
