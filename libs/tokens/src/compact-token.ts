import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { invalidToken } from './invalid-token.js';

/** The longest token that is looked at, in characters. */
export const maxTokenLength = 16 * 1024;

/**
 * Exactly these members: a header that brings a key (`jwk`, `jku`, `x5c`, `x5u`) or a rule of its own (`crit`, `b64`) is
 * refused before anything in it is used.
 */
const header = z.strictObject({ alg: z.literal('ES256'), kid: z.string().min(1).max(64), typ: z.string().max(64) });

/** A token taken apart; nothing in it is verified yet. */
export interface CompactToken {
  readonly kid: string;
  readonly typ: string;
  /** What the signature is over. */
  readonly signed: Buffer;
  /** r and s, 32 bytes each. */
  readonly signature: Buffer;
  /** The payload as it was signed. */
  readonly payload: string;
}

/**
 * Takes a compact JWS of three parts apart, strictly: base64url without padding or spare bits, a header of `alg` ES256,
 * `kid`, `typ` alone, a signature of 64 bytes.
 *
 * @throws AppError 'unauthenticated' with code `invalid_token`
 * @source RFC 7515 section 7.1; RFC 8725 sections 3.1 and 3.10
 */
export function parseCompactToken(compact: string): CompactToken {
  if (compact.length > maxTokenLength) throw invalidToken('longer than any token');
  const first = compact.indexOf('.');
  const last = compact.lastIndexOf('.');
  if (first < 1 || last === first || compact.indexOf('.', first + 1) !== last) throw invalidToken('not three parts');
  const { kid, typ } = parseHeader(decodeText(compact.slice(0, first)));
  const signature = decode(compact.slice(last + 1));
  if (signature.length !== 64) throw invalidToken('a signature that is not 64 bytes');
  const payload = decodeText(compact.slice(first + 1, last));
  return { kid, typ, signed: Buffer.from(compact.slice(0, last), 'latin1'), signature, payload };
}

/**
 * The value of a JSON text in the one form that JSON.stringify gives it. Every token of ours has that form, and in it no
 * member can be there twice, so no two readers can see different values.
 *
 * @throws AppError 'unauthenticated' with code `invalid_token`
 */
export function parseCanonicalJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (e) {
    throw invalidToken('not JSON', e);
  }
  if (JSON.stringify(value) !== text) throw invalidToken('not JSON in its one form');
  return value;
}

function parseHeader(text: string): { readonly kid: string; readonly typ: string } {
  const result = header.safeParse(parseCanonicalJson(text));
  if (!result.success) throw invalidToken('a header that is not ours', result.error);
  return result.data;
}

function decodeText(part: string): string {
  const bytes = decode(part);
  if (!isUtf8(bytes)) throw invalidToken('not UTF-8');
  return bytes.toString('utf8');
}

/** Node's decoder skips what it doesn't know; writing the bytes again shows whether it skipped anything. */
function decode(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw invalidToken('not base64url');
  return bytes;
}
