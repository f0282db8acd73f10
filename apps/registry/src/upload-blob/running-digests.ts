import type { BlobKey, BlobStore } from '@berth/blob-store';
import { createDigester, type Digester, type DigestAlgorithm, type UploadId } from '@berth/oci';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { BLOB_STORE } from '../blob.js';
import type { Upload } from '../upload.js';

/** Uploads whose hash state is kept between two of their requests; the others' is made again from their bytes. */
const maxKept = 10_000;

interface RunningDigest {
  readonly offset: number;
  readonly digester: Digester;
}

/**
 * The hash states of uploads between their requests. Only this process knows them: after a restart, or on another
 * replica, the bytes are read again, so nothing that was stored is ever trusted to be a hash state.
 */
@Injectable()
export class RunningDigests {
  private readonly kept = new LRUCache<UploadId, RunningDigest>({ max: maxKept });

  constructor(@Inject(BLOB_STORE) private readonly bytes: BlobStore) {}

  /** The state after the upload's bytes so far; it belongs to the caller now, and a broken append just drops it. */
  async take(upload: Upload): Promise<Digester> {
    const kept = this.kept.get(upload.id);
    this.kept.delete(upload.id);
    if (kept?.offset === upload.offset) return kept.digester;
    return this.digestBytes(upload.key, { size: upload.offset, algorithm: upload.algorithm });
  }

  keep(id: UploadId, state: RunningDigest): void {
    this.kept.set(id, state);
  }

  /** Reads the first `size` bytes of a content again. */
  async digestBytes(
    key: BlobKey,
    { size, algorithm }: { size: number; algorithm: DigestAlgorithm },
  ): Promise<Digester> {
    const digester = createDigester(algorithm);
    if (size === 0) return digester;
    for await (const chunk of await this.bytes.open(key, { start: 0, end: size - 1 })) digester.update(chunk);
    return digester;
  }
}

/** Passes the chunks on and hashes them on the way. */
export async function* hashing(source: AsyncIterable<Uint8Array>, digester: Digester): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    digester.update(chunk);
    yield chunk;
  }
}
