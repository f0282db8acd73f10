import { isUtf8 } from 'node:buffer';
import { AppError } from '@berth/errors';

/** What a client presented; nothing about it is true yet. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** Longest header that is looked at, in characters; every password that can be right is far shorter. */
const maxHeaderLength = 4096;

/** Longest user name: that of a device, `<fleet>/<device id>`. */
const maxUsernameLength = 300;

const controlCharacter = /\p{Cc}/u;

/**
 * Reads `Authorization: Basic`. The user name ends at the first colon; both parts are UTF-8.
 *
 * @returns null when the header is no such thing, too long, or holds control characters
 * @source RFC 7617
 */
export function parseBasic(header: string): BasicCredentials | null {
  if (header.length > maxHeaderLength) return null;
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  return isUtf8(bytes) ? readablePassword(bytes.toString('utf8')) : null;
}

/**
 * Reads `user name:password`. The user name ends at the first colon.
 *
 * @returns null when one is missing, too long, or holds control characters
 */
export function readablePassword(text: string): BasicCredentials | null {
  if (text.length > maxHeaderLength) return null;
  const colon = text.indexOf(':');
  if (colon <= 0 || colon > maxUsernameLength || controlCharacter.test(text)) return null;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * The one answer to every credential that isn't good, whatever is wrong with it, and to none at all: who guesses learns
 * nothing. The reason stands in the audit log.
 */
export function notAuthenticated(): AppError {
  return new AppError({ kind: 'unauthenticated', code: 'UNAUTHORIZED', message: 'authentication required' });
}
