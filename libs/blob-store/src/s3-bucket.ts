import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AppError, errorMessage } from '@berth/errors';
import type { ByteRange } from './blob-store.js';
import type { StoredObject } from './s3-names.js';
import { storeFailure } from './store-failure.js';

const perDeletion = 1000;

/** The objects of one bucket. Every failure is an AppError 'unavailable', a missing object null. */
export class S3Bucket {
  constructor(
    readonly client: S3Client,
    readonly bucket: string,
  ) {}

  /** @throws AppError 'unavailable' that says which bucket can't be used and why */
  async check(): Promise<void> {
    try {
      // Unlike HEAD, a listing says in its body what is wrong.
      await this.client.send(new ListObjectsV2Command({ Bucket: this.bucket, MaxKeys: 1 }));
    } catch (e) {
      const why = e instanceof Error ? `${e.name}, ${errorMessage(e)}` : errorMessage(e);
      const message = `the S3 bucket "${this.bucket}" can not be used: ${why}`;
      throw new AppError({ kind: 'unavailable', code: 'blob-store-failed', message, cause: e });
    }
  }

  async put(name: string, body: Uint8Array): Promise<void> {
    await this.attempt(
      this.client.send(
        new PutObjectCommand({ Bucket: this.bucket, Key: name, Body: body, ContentLength: body.byteLength }),
      ),
    );
  }

  async sizeOf(name: string): Promise<number | null> {
    const head = await this.orNull(this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: name })));
    return head === null ? null : (head.ContentLength ?? 0);
  }

  /** The bytes of an object as they come; null when there is none. Read them or destroy them. */
  async get(name: string, range?: ByteRange): Promise<Readable | null> {
    const wanted = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
    const found = await this.orNull(
      this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: name, ...wanted })),
    );
    if (found === null) return null;
    if (!(found.Body instanceof Readable)) throw storeFailure(new Error(`no body came for ${name}`));
    if (range !== undefined && found.ContentLength !== range.end - range.start + 1) {
      found.Body.destroy();
      throw storeFailure(new Error(`${name} gave ${found.ContentLength} bytes for ${range.start}-${range.end}`));
    }
    return found.Body;
  }

  async copy(from: string, to: string): Promise<void> {
    const source = { Bucket: this.bucket, Key: to, CopySource: this.copySource(from) };
    await this.attempt(this.client.send(new CopyObjectCommand(source)));
  }

  /** How a copying request names an object of this bucket. */
  copySource(name: string): string {
    return [this.bucket, ...name.split('/')].map(encodeURIComponent).join('/');
  }

  /** The objects below a prefix, sorted by name, only those behind `startAfter` when it is given. */
  async list(prefix: string, startAfter?: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    const from = startAfter === undefined ? {} : { StartAfter: startAfter };
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix: prefix, ...from });
    try {
      for await (const { Contents } of pages) {
        for (const { Key, Size } of Contents ?? []) {
          if (Key !== undefined) found.push({ name: Key, sizeBytes: Size ?? 0 });
        }
      }
    } catch (e) {
      throw storeFailure(e);
    }
    return found;
  }

  /** Removes objects; one that does not exist counts as removed. */
  async delete(names: readonly string[]): Promise<void> {
    for (let at = 0; at < names.length; at += perDeletion) {
      const Objects = names.slice(at, at + perDeletion).map((Key) => ({ Key }));
      const request = new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } });
      const { Errors } = await this.attempt(this.client.send(request));
      const refused = Errors?.find(({ Code }) => Code !== 'NoSuchKey');
      if (refused !== undefined) throw storeFailure(new Error(`${refused.Key}: ${refused.Code} ${refused.Message}`));
    }
  }

  async attempt<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (e) {
      throw storeFailure(e);
    }
  }

  private async orNull<T>(work: Promise<T>): Promise<T | null> {
    try {
      return await work;
    } catch (e) {
      if (isMissing(e)) return null;
      throw storeFailure(e);
    }
  }
}

/** A missing bucket is no missing object; only HEAD, which has no body, can't tell them apart. */
function isMissing(e: unknown): boolean {
  return e instanceof Error && (e.name === 'NoSuchKey' || e.name === 'NotFound');
}
