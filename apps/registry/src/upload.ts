import type { BlobKey } from '@berth/blob-store';
import type { Clock } from '@berth/foundation';
import type { DigestAlgorithm, UploadId } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';
import type { RepositoryAddress } from './repository.js';

/** An upload in progress. It belongs to one repository and one principal; for anybody else it doesn't exist. */
export interface Upload {
  readonly id: UploadId;
  readonly address: RepositoryAddress;
  /** `<kind>:<id>` of who started it. */
  readonly principal: string;
  readonly key: BlobKey;
  /** What the bytes are hashed with while they arrive. */
  readonly algorithm: DigestAlgorithm;
  /** Bytes that are durable and acknowledged. */
  readonly offset: number;
  /** Bytes of storage that it was promised, from its first one on; 0 where nothing is limited. */
  readonly reservedBytes: number;
  /** `jti` of the token that started or last continued it; null when nobody wrote it down. */
  readonly tokenId: string | null;
}

/** What a request must know of an upload to continue it. */
export type UploadClaim = Pick<Upload, 'id' | 'address' | 'principal'>;

/** The one request that writes to an upload now. */
export interface UploadWriter {
  readonly upload: Upload;
  /** Random, new for each request. */
  readonly writer: string;
}

/** A request that wants to write, until when nobody else may, and which token let it in. */
export interface UploadWriting extends UploadWriter {
  readonly instance: string;
  readonly at: Date;
  readonly leaseUntil: Date;
  readonly tokenId: string;
}

/** An upload that begins. */
export interface NewUpload {
  readonly upload: Upload;
  readonly at: Date;
  /** Who writes to it from the beginning; null = nobody yet. */
  readonly writing: UploadWriting | null;
  /** Uploads that the principal may have open in the registry, this one included. */
  readonly maxOpen: number;
}

/** How a request became the writer. */
export interface BegunWriting {
  /** Where the bytes are now. */
  readonly key: BlobKey;
  /** Another one was writing and was not heard of any more: it may still be at work under this key. */
  readonly isTakenOver: boolean;
  /** What the upload was promised, as it is now. */
  readonly reservedBytes: number;
}

/** What is over for good. */
export interface GivenUpUploads {
  /** Nobody continued it since. */
  readonly abandonedBefore: Date;
  readonly at: Date;
  readonly limit: number;
}

/**
 * The uploads in progress. A row is there before any byte of its key, and goes in the transaction that needs the bytes no
 * more or makes a blob of them: there are never bytes that nobody knows of. What an upload had reserved is given back in that
 * transaction too, as its last step; see `UsageStore`.
 */
export abstract class UploadStore {
  /** @returns false when the principal has as many open as it may */
  abstract insert(db: Queryable, upload: NewUpload): Promise<boolean>;

  /** Null for an unknown id and for an upload of another repository or principal alike. */
  abstract find(db: Queryable, claim: UploadClaim): Promise<Upload | null>;

  /**
   * Makes a request the only writer, from the offset that it expects.
   *
   * @returns null when another request is writing and its lease isn't over, or the offset has moved on
   */
  abstract beginWriting(db: Queryable, writing: UploadWriting): Promise<BegunWriting | null>;

  /** @returns false when it isn't the writer any more */
  abstract renewLease(db: Queryable, writer: UploadWriter, lease: { at: Date; until: Date }): Promise<boolean>;

  /**
   * Gives the upload free again, with the bytes that are durable now.
   *
   * @returns false when it isn't the writer any more: nothing that it wrote counts
   */
  abstract endWriting(db: Queryable, writer: UploadWriter, end: { offset: number; at: Date }): Promise<boolean>;

  /**
   * Ends the lease but not the claim, so that the next request goes on under a key of its own, and what is reserved for the
   * bytes under this one stays reserved until then.
   */
  abstract abandonWriting(db: Queryable, writer: UploadWriter, at: Date): Promise<void>;

  /** Goes on under another key; the old one's bytes are doomed. @returns false when it isn't the writer any more */
  abstract moveTo(tx: Transaction, writer: UploadWriter, move: { key: BlobKey; at: Date }): Promise<boolean>;

  /**
   * Ends the upload, its bytes stay.
   *
   * @returns what it had reserved, which is the caller's to give back; null when it isn't the writer any more
   */
  abstract delete(tx: Transaction, writer: UploadWriter): Promise<number | null>;

  /** Ends the upload and dooms its bytes. @returns false when it isn't the writer any more */
  abstract discard(tx: Transaction, writer: UploadWriter, at: Date): Promise<boolean>;

  /** As {@link discard}, whoever is writing. @returns false when it is gone already */
  abstract cancel(tx: Transaction, upload: Upload, at: Date): Promise<boolean>;

  /** Ends uploads that nobody continues, and dooms their bytes. @returns how many; fewer than the limit = no more */
  abstract giveUp(tx: Transaction, uploads: GivenUpUploads): Promise<number>;

  /**
   * Notes more bytes on an upload, before the counters are changed.
   *
   * @returns false when it isn't the writer any more
   */
  abstract reserve(tx: Transaction, writer: UploadWriter, bytes: number): Promise<boolean>;

  /** Gives back what an upload has reserved beyond its bytes, unless somebody is writing. */
  abstract giveBackSpare(tx: Transaction, upload: Upload): Promise<void>;

  /**
   * As {@link giveBackSpare}, for all uploads whose writers have ended without it.
   *
   * @returns how many; fewer than the limit = no more
   */
  abstract giveBackForgotten(tx: Transaction, limit: number): Promise<number>;

  /** As {@link abandonWriting}, for all that a process was writing which is known to be dead. */
  abstract abandonWrittenBy(db: Queryable, instance: string, at: Date): Promise<void>;
}

/** For how long a writer is believed to live that isn't heard of; several renewals may fail. Milliseconds. */
const leaseMs = 30_000;

/** How the writers of this process say that they live. */
export class UploadLease {
  /** How often a writer says so while bytes arrive, milliseconds. */
  readonly renewEveryMs = 10_000;

  constructor(
    readonly clock: Clock,
    readonly instance: string,
  ) {}

  now(): Date {
    return new Date(this.clock());
  }

  until(): Date {
    return new Date(this.clock() + leaseMs);
  }
}
