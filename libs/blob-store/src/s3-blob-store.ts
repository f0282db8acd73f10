import { buffer as collect } from 'node:stream/consumers';
import { AppError } from '@berth/errors';
import type { BlobKey } from './blob-key.js';
import {
  maxReadBytes,
  type Append,
  type BlobStore,
  type ByteRange,
  type OpenBlob,
  type Presign,
} from './blob-store.js';
import { S3Bucket } from './s3-bucket.js';
import { S3Chunks } from './s3-chunks.js';
import { newS3Client } from './s3-client.js';
import { S3Multipart } from './s3-multipart.js';
import { S3Names } from './s3-names.js';
import { answerWithinMs, type S3Options } from './s3-options.js';
import { S3Presigner } from './s3-presigner.js';
import { S3Unsealed } from './s3-unsealed.js';
import { storeFailure } from './store-failure.js';

/**
 * Bytes in a bucket of S3 or of a server that speaks its protocol. A sealed content is the object `blobs/<key>`; until then
 * it lies in pieces ({@link S3Unsealed}) that S3 puts together. An append holds at most 5 MiB, a read one chunk. A content
 * has at most 48 GiB. Several processes may share the bucket.
 *
 * Needs: GetObject, PutObject, DeleteObject, AbortMultipartUpload, ListBucket, ListBucketMultipartUploads. No object
 * lifecycle is needed; a bucket with versions keeps what was deleted.
 */
export class S3BlobStore implements BlobStore {
  private readonly names: S3Names;
  private readonly unsealed: S3Unsealed;
  private readonly multipart: S3Multipart;

  private constructor(
    private readonly bucket: S3Bucket,
    private readonly presigner: S3Presigner,
    options: S3Options,
  ) {
    this.names = new S3Names(options.prefix);
    this.unsealed = new S3Unsealed(bucket, this.names);
    this.multipart = new S3Multipart(bucket, 6 * (options.answerWithinMs ?? answerWithinMs));
  }

  /**
   * @param nowMs epoch milliseconds, for when a presigned address begins to live
   * @throws AppError 'unavailable' that says why the bucket can't be used
   */
  static async open(options: S3Options, nowMs: () => number = Date.now): Promise<S3BlobStore> {
    const { bucket: name, publicEndpoint = options.endpoint } = options;
    const bucket = new S3Bucket(newS3Client(options), name);
    await bucket.check();
    const outside = publicEndpoint === undefined ? options : { ...options, endpoint: publicEndpoint };
    const presigner = new S3Presigner(newS3Client(outside), name, nowMs);
    return new S3BlobStore(bucket, presigner, options);
  }

  async create(key: BlobKey): Promise<void> {
    if ((await this.size(key)) !== null) {
      throw new AppError({ kind: 'conflict', message: 'the key of this upload is taken' });
    }
    await this.unsealed.create(key);
  }

  append(key: BlobKey, append: Append): Promise<number> {
    return this.unsealed.append(key, append);
  }

  async seal(key: BlobKey, sizeBytes: number): Promise<void> {
    const sealed = this.names.sealed(key);
    if ((await this.bucket.sizeOf(sealed)) === null) await this.assemble(key, sizeBytes);
    const size = await this.bucket.sizeOf(sealed);
    if (size !== sizeBytes) throw storeFailure(new Error(`${key} holds ${size} bytes instead of ${sizeBytes}`));
    await Promise.all([this.unsealed.delete(key), this.multipart.abortAll(sealed)]);
  }

  async copy(from: BlobKey, to: BlobKey, sizeBytes: number): Promise<void> {
    if ((await this.size(to)) !== null) {
      throw new AppError({ kind: 'conflict', message: 'the key of this upload is taken' });
    }
    if (await this.unsealed.copy(from, to, sizeBytes)) return;
    if (((await this.size(from)) ?? -1) < sizeBytes)
      throw storeFailure(new Error(`${from} has not ${sizeBytes} bytes`));
    await this.unsealed.create(to);
    if (sizeBytes === 0) return;
    const source = await this.open(from, { start: 0, end: sizeBytes - 1 });
    const copied = await this.append(to, { offset: 0, source });
    if (copied !== sizeBytes) throw storeFailure(new Error(`${from} gave ${copied} of ${sizeBytes} bytes`));
  }

  async open(key: BlobKey, range?: ByteRange): Promise<OpenBlob> {
    const opened =
      (await this.openSealed(key, range)) ??
      (await this.unsealed.open(key, range)) ??
      // It was sealed between the two.
      (await this.openSealed(key, range));
    if (opened === null) throw storeFailure(new Error(`${key} is missing`));
    return opened;
  }

  async read(key: BlobKey, size: number): Promise<Buffer> {
    if (size > maxReadBytes) throw new AppError({ kind: 'bug', message: 'only a small content is read whole' });
    // An empty range does not exist.
    if (size === 0) {
      (await this.open(key)).close();
      return Buffer.alloc(0);
    }
    const content = await collect(await this.open(key, { start: 0, end: size - 1 }));
    if (content.length !== size)
      throw storeFailure(new Error(`${key} holds ${content.length} bytes instead of ${size}`));
    return content;
  }

  presign(key: BlobKey, presign: Presign = {}): Promise<string> {
    return this.presigner.sign(this.names.sealed(key), presign);
  }

  async size(key: BlobKey): Promise<number | null> {
    const [sealed, unsealed] = await Promise.all([this.bucket.sizeOf(this.names.sealed(key)), this.unsealed.size(key)]);
    return sealed ?? unsealed;
  }

  async delete(key: BlobKey): Promise<void> {
    const sealed = this.names.sealed(key);
    await this.multipart.abortAll(sealed);
    await Promise.all([this.unsealed.delete(key), this.bucket.delete([sealed])]);
  }

  private async openSealed(key: BlobKey, range?: ByteRange): Promise<OpenBlob | null> {
    const body = await this.bucket.get(this.names.sealed(key), range);
    return body === null ? null : new S3Chunks(body);
  }

  /** Resolves when the sealed object is there; an answer that got lost is settled by looking for the object. */
  private async assemble(key: BlobKey, sizeBytes: number): Promise<void> {
    const sealed = this.names.sealed(key);
    const [first, ...more] = this.names.piecesOf(key, sizeBytes).map(({ name }) => name);
    if (first === undefined) throw storeFailure(new Error(`no piece holds ${sizeBytes} bytes`));
    try {
      await (more.length === 0 ? this.bucket.copy(first, sealed) : this.multipart.join([first, ...more], sealed));
    } catch (e) {
      if ((await this.bucket.sizeOf(sealed)) === null) throw e;
    }
  }
}
