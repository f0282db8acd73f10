import type { BlobKey, BlobStore } from '@berth/blob-store';
import { createDigester, type Digester, type DigestAlgorithm, type UploadId } from '@berth/oci';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { BLOB_STORE } from '../blob.js';
import type { Upload } from '../upload.js';
import type { BodyWatch } from './body-watch.js';

/** Uploads whose hash state is kept between two of their requests; the others' is made again from their bytes. */
const maxKept = 10_000;

interface RunningDigest {
  readonly offset: number;
  readonly digester: Digester;
}

interface KeptDigest extends RunningDigest {
  readonly key: BlobKey;
}

/** What is read again, and who is to be told that it takes its time. */
export interface DigestedBytes {
  readonly size: number;
  readonly algorithm: DigestAlgorithm;
  readonly watch: BodyWatch;
}

/**
 * The hash states of uploads between their requests. Only this process knows them: after a restart, or on another
 * replica, the bytes are read again, so nothing that was stored is ever trusted to be a hash state.
 */
@Injectable()
export class RunningDigests {
  private readonly kept = new LRUCache<UploadId, KeptDigest>({ max: maxKept });

  constructor(@Inject(BLOB_STORE) private readonly bytes: BlobStore) {}

  /** The state after the upload's bytes so far; it belongs to the caller now, and a broken append just drops it. */
  async take({ id, key, offset, algorithm }: Upload, watch: BodyWatch): Promise<Digester> {
    const kept = this.kept.get(id);
    this.kept.delete(id);
    if (kept?.offset === offset && kept.key === key) return kept.digester;
    return this.digestBytes(key, { size: offset, algorithm, watch });
  }

  /** For who was the writer until now, and nobody else: a state of other bytes would vouch for them. */
  keep({ id, key }: Upload, { offset, digester }: RunningDigest): void {
    this.kept.set(id, { key, offset, digester });
  }

  /** Reads the first `size` bytes of a content again. */
  async digestBytes(key: BlobKey, { size, algorithm, watch }: DigestedBytes): Promise<Digester> {
    const digester = createDigester(algorithm);
    if (size === 0) return digester;
    for await (const chunk of await this.bytes.open(key, { start: 0, end: size - 1 })) {
      digester.update(chunk);
      await watch.works();
    }
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
