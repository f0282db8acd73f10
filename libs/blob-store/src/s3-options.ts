/** What {@link S3Options.answerWithinMs} is when it is not given. */
export const answerWithinMs = 30_000;

/** Where the blobs of an {@link S3BlobStore} lie. */
export interface S3Options {
  /** `http(s)://host[:port]` of the S3 server; not given: AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: string;
  /** In front of every object name, so that a bucket can be shared; `/` at its end is added. */
  readonly prefix?: string;
  /** `host/bucket/key` instead of `bucket.host/key`; most servers other than AWS need it. */
  readonly forcePathStyle?: boolean;
  /** Both or none; none: the AWS SDK looks in the environment, then asks for the machine's role. */
  readonly credentials?: S3Credentials;
  /** What presigned addresses name, where clients reach the server by another address than Berth; else `endpoint`. */
  readonly publicEndpoint?: string;
  /** How long S3 may take until an answer begins, 30,000 when not given; six times that to put many parts together. */
  readonly answerWithinMs?: number;
}

/** A long-lived key of S3. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
