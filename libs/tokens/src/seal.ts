import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import { AppError } from '@berth/errors';

/** What a sealed secret is bound to. */
export interface SealContext {
  /** 32 bytes, from `BERTH_MASTER_KEY_FILE`. */
  readonly masterKey: Buffer;
  /** `<table>/<row id>`: bytes copied to another row don't open there. */
  readonly aad: string;
}

const formatVersion = 1;
const keyIdBytes = 8;
const ivBytes = 12;
const tagBytes = 16;
const dataKeyBytes = 32;
const boxOverhead = ivBytes + tagBytes;
const headerBytes = 1 + keyIdBytes;
const wrappedBytes = boxOverhead + dataKeyBytes;

/**
 * Encrypts a secret that must be read again: with a key of its own (AES-256-GCM), which the master key encrypts. So
 * changing the master key re-encrypts 32 bytes a row.
 *
 * Bytes: version (1), first 8 bytes of the master key's SHA-256 under a label, then two boxes of nonce (12), tag (16),
 * ciphertext: the data key, the secret. Header and `aad` are authenticated in both.
 */
export function seal({ masterKey, aad, plaintext }: SealContext & { readonly plaintext: Buffer }): Buffer {
  checkKey(masterKey);
  const header = headerOf(masterKey);
  const dataKey = randomBytes(dataKeyBytes);
  const bound = Buffer.concat([header, Buffer.from(aad)]);
  return Buffer.concat([header, box(masterKey, bound, dataKey), box(dataKey, bound, plaintext)]);
}

/**
 * Decrypts what {@link seal} made.
 *
 * @throws AppError 'bug' with code `other-master-key` when it was sealed with another one, `not-openable` when its bytes
 *   or its row are not the ones that were sealed
 */
export function open({ masterKey, aad, sealed }: SealContext & { readonly sealed: Buffer }): Buffer {
  checkKey(masterKey);
  const header = sealed.subarray(0, headerBytes);
  if (sealed.length < headerBytes + wrappedBytes + boxOverhead || header[0] !== formatVersion) throw notOpenable();
  if (!header.equals(headerOf(masterKey))) {
    throw new AppError({ kind: 'bug', code: 'other-master-key', message: 'sealed with another master key' });
  }
  const bound = Buffer.concat([header, Buffer.from(aad)]);
  const dataKey = unbox(masterKey, bound, sealed.subarray(headerBytes, headerBytes + wrappedBytes));
  return unbox(dataKey, bound, sealed.subarray(headerBytes + wrappedBytes));
}

function headerOf(masterKey: Buffer): Buffer {
  const keyId = hash('sha256', Buffer.concat([Buffer.from('berth master key id\0'), masterKey]), 'buffer');
  return Buffer.concat([Buffer.of(formatVersion), keyId.subarray(0, keyIdBytes)]);
}

function box(key: Buffer, bound: Buffer, plaintext: Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAAD(bound);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]);
}

function unbox(key: Buffer, bound: Buffer, boxed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, boxed.subarray(0, ivBytes), { authTagLength: tagBytes });
  decipher.setAAD(bound);
  decipher.setAuthTag(boxed.subarray(ivBytes, boxOverhead));
  try {
    return Buffer.concat([decipher.update(boxed.subarray(boxOverhead)), decipher.final()]);
  } catch (e) {
    throw notOpenable(e);
  }
}

function notOpenable(cause?: unknown): AppError {
  return new AppError({ kind: 'bug', code: 'not-openable', message: 'a sealed secret cannot be opened', cause });
}

function checkKey(masterKey: Buffer): void {
  if (masterKey.length !== 32) throw new AppError({ kind: 'bug', message: 'a master key has 32 bytes' });
}
