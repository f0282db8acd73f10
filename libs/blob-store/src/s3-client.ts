import { S3Client } from '@aws-sdk/client-s3';
import { answerWithinMs, type S3Options } from './s3-options.js';

const agent = { maxSockets: 512 };

/**
 * A client whose every request ends: 3 s to connect, 30 s to the answer's head, 120 s without a byte (a client that reads
 * slowly stalls the body too). Up to 5 attempts with growing, random delays, also for 503 SlowDown.
 */
export function newS3Client(options: S3Options): S3Client {
  const { endpoint, region, forcePathStyle, credentials } = options;
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: forcePathStyle ?? false,
    retryMode: 'standard',
    maxAttempts: 5,
    // The signature covers a body's SHA-256 already, and servers other than AWS refuse checksums that they don't know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: options.answerWithinMs ?? answerWithinMs,
      throwOnRequestTimeout: true,
      socketTimeout: 120_000,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}
