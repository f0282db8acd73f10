import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { AppError } from '@berth/errors';
import type { Presign } from './blob-store.js';
import { storeFailure } from './store-failure.js';

const defaultSeconds = 60;
const maxSeconds = 300;

/** Makes addresses that carry their permission in them. Asks nobody, except for the machine's role where that is used. */
export class S3Presigner {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly nowMs: () => number,
  ) {}

  async sign(name: string, { expiresSeconds = defaultSeconds, fileName }: Presign): Promise<string> {
    if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > maxSeconds) {
      throw new AppError({ kind: 'bug', message: `an address lives 1 to ${maxSeconds} s, not ${expiresSeconds}` });
    }
    const request = new GetObjectCommand({
      Bucket: this.bucket,
      Key: name,
      ResponseContentType: 'application/octet-stream',
      ResponseContentDisposition: attachment(fileName),
    });
    try {
      const signingDate = new Date(this.nowMs());
      return await getSignedUrl(this.client, request, { expiresIn: expiresSeconds, signingDate });
    } catch (e) {
      throw storeFailure(e);
    }
  }
}

function attachment(fileName: string | undefined): string {
  return fileName === undefined ? 'attachment' : `attachment; filename="${fileName.replaceAll(/[^\w.-]/g, '_')}"`;
}
