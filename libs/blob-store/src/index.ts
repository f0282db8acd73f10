export { parseBlobKey, type BlobKey } from './blob-key.js';
export type { Append, BlobStore, ByteRange, OpenBlob, Presign } from './blob-store.js';
export { FilesystemBlobStore } from './filesystem-blob-store.js';
export { S3BlobStore } from './s3-blob-store.js';
export type { S3Credentials, S3Options } from './s3-options.js';
