export { parseBlobKey, type BlobKey } from './blob-key.js';
export type { Append, BlobStore, ByteRange, OpenBlob } from './blob-store.js';
export { FilesystemBlobStore } from './filesystem-blob-store.js';
