import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { AppError, errorMessage } from '@berth/errors';

const mostBytes = 64 * 1024;

/**
 * Text of a file that holds a secret, without the white space around it. At most 64 KiB.
 *
 * @throws AppError 'malformed' when the file can't be read, is empty, or may be read by others than its owner
 */
export function readSecretFile(path: string): string {
  const text = readPrivately(path).trim();
  if (text === '') throw refused(`${path} is empty; it must hold the secret`);
  return text;
}

/**
 * A key of 32 bytes, written in its file as 64 hexadecimal digits or as base64 (either alphabet).
 *
 * @throws AppError 'malformed' as {@link readSecretFile}, and for any other content
 */
export function readKeyFile(path: string): Buffer {
  const text = readSecretFile(path);
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  const key = /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (key.length !== 32) throw refused(`${path} must hold 32 bytes as 64 hexadecimal digits or as base64`);
  return key;
}

/**
 * The keys by which services know each other (header `Berth-Internal`), one a line. The first is sent, all are accepted:
 * two while the key is being changed.
 *
 * @returns 1 or 2 keys of 32 to 256 printable characters
 * @throws AppError 'malformed' as {@link readSecretFile}, and for any other content
 */
export function readInternalKeys(path: string): readonly [string, ...string[]] {
  const [first, ...others] = readSecretFile(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const keys = [first ?? '', ...others] as const;
  if (keys.length > 2 || keys.some((key) => !/^[\x21-\x7e]{32,256}$/.test(key))) {
    throw refused(`${path} must hold one key, or two while it is changed, each of at least 32 printable characters`);
  }
  return keys;
}

function readPrivately(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (e) {
    throw refused(`${path} cannot be read: ${errorMessage(e)}`, e);
  }
  try {
    const { mode, size } = fstatSync(file);
    // An open file, not its name: what was checked is what is read.
    if ((mode & 0o077) !== 0) throw refused(`${path} may be read by others; give it mode 0600 (chmod 600 ${path})`);
    if (size > mostBytes) throw refused(`${path} is larger than ${mostBytes} bytes; it must hold a secret only`);
    return readFileSync(file, 'utf8');
  } catch (e) {
    throw e instanceof AppError ? e : refused(`${path} cannot be read: ${errorMessage(e)}`, e);
  } finally {
    closeSync(file);
  }
}

function refused(message: string, cause?: unknown): AppError {
  return new AppError({ kind: 'malformed', code: 'invalid-secret-file', message, cause });
}
