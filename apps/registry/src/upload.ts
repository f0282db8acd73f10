import type { BlobKey } from '@berth/blob-store';
import type { DigestAlgorithm, UploadId } from '@berth/oci';
import type { Queryable } from '@berth/persistence';
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
  /** Whether a request is writing now. */
  readonly isBeingWritten: boolean;
}

/** What a request must know of an upload to continue it. */
export type UploadClaim = Pick<Upload, 'id' | 'address' | 'principal'>;

/** The uploads in progress. */
export abstract class UploadStore {
  abstract insert(db: Queryable, upload: Upload & { readonly at: Date }): Promise<void>;

  /** Null for an unknown id and for an upload of another repository or principal alike. */
  abstract find(db: Queryable, claim: UploadClaim): Promise<Upload | null>;

  /**
   * Makes a request the only writer, from the offset that it expects.
   *
   * @returns false when another request is writing, or the offset has moved on
   */
  abstract beginWriting(db: Queryable, writing: { upload: Upload; writer: string; at: Date }): Promise<boolean>;

  /** Gives the upload free again, with the bytes that are durable now. */
  abstract endWriting(
    db: Queryable,
    writing: { upload: Upload; writer: string; offset: number; at: Date },
  ): Promise<void>;

  /** @returns false when it is gone already */
  abstract delete(db: Queryable, upload: Upload): Promise<boolean>;
}
