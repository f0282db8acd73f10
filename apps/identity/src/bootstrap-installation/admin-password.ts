import { randomBytes } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@berth/errors';
import { passwordForm } from '@berth/tokens';

/** Shortest password of a platform operator, in characters. */
const minLength = 12;

/** 192 random bits, as text that can be pasted anywhere. */
export function generateAdminPassword(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * @param password as the operator set it
 * @throws AppError 'malformed' when it is too short, or looks like a generated secret: its form would then select another
 *   kind of principal at log-in
 */
export function checkAdminPassword(password: string): string {
  if (password.length >= minLength && passwordForm(password) === 'plain') return password;
  throw new AppError({
    kind: 'malformed',
    code: 'weak-admin-password',
    message: `the password of admin needs at least ${minLength} characters and must not be a generated secret of Berth`,
  });
}

/**
 * Writes a generated password where the operator finds it: `<data dir>/admin-password`, mode 0600, one line. It is on
 * disk when this resolves, and replaces the file of a first boot that was broken off.
 */
export async function writeAdminPassword(dataDir: string, password: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'admin-password');
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(`${password}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dataDir);
  return path;
}

/** A new name is on disk only once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
