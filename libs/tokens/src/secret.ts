import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { keyIdOfDevicePassword } from './device-password.js';

/**
 * What a generated secret is for, seen from its first characters: `brt` a password of a repository token, `brf` a fleet
 * key, `brk` an API key of a service ID.
 */
export type SecretPrefix = 'brt' | 'brf' | 'brk';

/** What kind of thing a password can belong to; `plain` is one that people choose. */
export type PasswordForm = 'token' | 'fleet' | 'key' | 'plain';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretBytes = 32;
/** Digits that any 32 bytes fit into, and any CRC-32. */
const bodyDigits = 43;
const checksumDigits = 6;

const forms: Readonly<Record<SecretPrefix, PasswordForm>> = { brt: 'token', brf: 'fleet', brk: 'key' };
const shape = new RegExp(`^(br[tfk])_([0-9A-Za-z]{${bodyDigits}})([0-9A-Za-z]{${checksumDigits}})$`);

/**
 * A new secret of 256 random bits: `<prefix>_`, 43 base62 digits, 6 digits of their CRC-32. The prefix lets scanners for
 * leaked secrets find it, the checksum tells a typing error without a look-up. 53 characters, none needs quoting.
 */
export function generateSecret(prefix: SecretPrefix): string {
  const body = toBase62(BigInt(`0x${randomBytes(secretBytes).toString('hex')}`), bodyDigits);
  return `${prefix}_${body}${checksumOf(prefix, body)}`;
}

/**
 * What kind of credential a password is, by prefix and checksum, before anything is looked up: so a mistyped or foreign
 * one costs nothing, and one kind never passes for another. A device's password, which is derived, is known by its shape.
 * Whatever else isn't exactly a generated secret is `plain`.
 */
export function passwordForm(password: string): PasswordForm {
  if (keyIdOfDevicePassword(password) !== null) return 'fleet';
  const [, prefix, body, checksum] = shape.exec(password) ?? [];
  if ((prefix !== 'brt' && prefix !== 'brf' && prefix !== 'brk') || body === undefined) return 'plain';
  return checksum === checksumOf(prefix, body) ? forms[prefix] : 'plain';
}

/** SHA-256 of a generated secret, as it is stored: 32 bytes. Not for passwords that people choose. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** Whether two hashes are equal, in a time that doesn't tell where they differ. */
export function secretsEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function checksumOf(prefix: SecretPrefix, body: string): string {
  return toBase62(BigInt(crc32(`${prefix}_${body}`)), checksumDigits);
}

function toBase62(value: bigint, digits: number): string {
  let rest = value;
  let text = '';
  while (rest > 0n) {
    text = alphabet.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text.padStart(digits, alphabet.charAt(0));
}
