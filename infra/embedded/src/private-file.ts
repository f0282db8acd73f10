import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file that only its owner reads (0600), whole or not at all: a crash leaves the old one. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600, flush: true });
  renameSync(draft, path);
}

/** The text of a private file, which is made on first use and then kept. */
export function readOrCreatePrivateFile(path: string, create: () => string): string {
  if (!existsSync(path)) writePrivateFile(path, create());
  return readFileSync(path, 'utf8');
}

/** A password that needs no quoting anywhere: 43 characters of A-Z a-z 0-9 - _ from 32 random bytes. */
export function generatePassword(): string {
  return randomBytes(32).toString('base64url');
}
