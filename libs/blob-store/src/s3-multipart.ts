import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCopyCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { inParallel } from './in-parallel.js';
import type { S3Bucket } from './s3-bucket.js';
import { storeFailure } from './store-failure.js';

const copiesAtOnce = 8;

/** Makes one object of others, inside the store: no byte passes through Berth. */
export class S3Multipart {
  /** @param completionMs how long S3 may take to put parts together: for many, minutes */
  constructor(
    private readonly bucket: S3Bucket,
    private readonly completionMs: number,
  ) {}

  /**
   * Joins the objects `from`, all but the last of 5 MiB or more, to the object `to`. A throw says nothing about whether
   * `to` is there: an answer may get lost. An unfinished upload is left behind only if S3 doesn't even take its end.
   */
  async join(from: readonly string[], to: string): Promise<void> {
    const UploadId = await this.start(to);
    const target = { Bucket: this.bucket.bucket, Key: to, UploadId };
    try {
      const Parts: CompletedPart[] = [];
      await inParallel(from, copiesAtOnce, async (name, index) => {
        Parts[index] = await this.copyPart(name, { ...target, PartNumber: index + 1 });
      });
      const request = new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } });
      await this.bucket.client.send(request, { requestTimeout: this.completionMs });
    } catch (e) {
      await this.abortAfter(e, to, UploadId);
      throw storeFailure(e);
    }
  }

  /** Ends every unfinished upload of an object, also one of which only S3 knows. */
  async abortAll(name: string): Promise<void> {
    const { bucket, client } = this.bucket;
    let marker: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
    while (marker !== null) {
      const request: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: name,
        ...marker,
      });
      const page = await this.bucket.attempt(client.send(request));
      for (const { Key, UploadId } of page.Uploads ?? []) {
        if (Key === name && UploadId !== undefined) await this.abort(name, UploadId);
      }
      const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
      marker =
        IsTruncated === true && NextKeyMarker !== undefined && NextUploadIdMarker !== undefined
          ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
          : null;
    }
  }

  private async start(name: string): Promise<string> {
    const request = new CreateMultipartUploadCommand({ Bucket: this.bucket.bucket, Key: name });
    const { UploadId } = await this.bucket.attempt(this.bucket.client.send(request));
    if (UploadId === undefined) throw storeFailure(new Error('S3 gave no id of an upload'));
    return UploadId;
  }

  private async copyPart(
    from: string,
    part: { Bucket: string; Key: string; UploadId: string; PartNumber: number },
  ): Promise<CompletedPart> {
    const request = new UploadPartCopyCommand({ ...part, CopySource: this.bucket.copySource(from) });
    const { CopyPartResult } = await this.bucket.client.send(request);
    if (CopyPartResult?.ETag === undefined) throw new Error(`S3 did not say that ${from} was copied`);
    return { PartNumber: part.PartNumber, ETag: CopyPartResult.ETag };
  }

  private async abortAfter(failure: unknown, name: string, id: string): Promise<void> {
    try {
      await this.abort(name, id);
    } catch (e) {
      throw storeFailure(new AggregateError([failure, e], `the upload to ${name} failed and could not be aborted`));
    }
  }

  private async abort(name: string, id: string): Promise<void> {
    const request = new AbortMultipartUploadCommand({ Bucket: this.bucket.bucket, Key: name, UploadId: id });
    try {
      await this.bucket.client.send(request);
    } catch (e) {
      if (!(e instanceof Error && e.name === 'NoSuchUpload')) throw storeFailure(e);
    }
  }
}
