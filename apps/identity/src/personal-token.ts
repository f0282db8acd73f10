import { AppError } from '@berth/errors';
import type { RepositoryToken } from './repository-token.js';

/**
 * A token that somebody minted for themselves stays what it is: whoever may write tokens can disable, enable and delete it.
 * Otherwise a password that its owner has would open whatever an administrator later points the name to.
 *
 * @throws AppError 'conflict' with code `personal-token`
 */
export function requireNotPersonal({ name, isPersonal }: Pick<RepositoryToken, 'name' | 'isPersonal'>): void {
  if (!isPersonal) return;
  const message = `${name} is somebody's own token: it can only be disabled, enabled or deleted`;
  throw new AppError({ kind: 'conflict', code: 'personal-token', message });
}
