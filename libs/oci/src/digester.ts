import { createHash, hash } from 'node:crypto';
import { parseDigest } from './digest.js';
import type { Digest, DigestAlgorithm } from './digest.js';

/** Hashes a stream chunk by chunk. After `digest()` it is used up: a further call throws. */
export interface Digester {
  update(chunk: Uint8Array): void;
  digest(): Digest;
}

/** A fresh {@link Digester} for one content. */
export function createDigester(algorithm: DigestAlgorithm): Digester {
  const state = createHash(algorithm);
  return {
    update: (chunk) => void state.update(chunk),
    digest: () => parseDigest(`${algorithm}:${state.digest('hex')}`),
  };
}

/** The digest of bytes that are already in memory. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${hash(algorithm, bytes, 'hex')}`);
}
