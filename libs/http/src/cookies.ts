/** A cookie by its name, and whether it goes along with requests that another site makes. */
export interface Cookie {
  readonly name: string;
  readonly sameSite: 'Strict' | 'Lax';
}

/**
 * The cookie of a person's session. `__Host-` makes browsers take it only over TLS (or from this machine), for this host
 * alone and for all of it, so that no neighbour sets one; it never goes along with a request that another site makes.
 *
 * @source RFC 6265bis sections 4.1.3 and 5.2
 */
export const sessionCookie: Cookie = { name: '__Host-berth', sameSite: 'Strict' };

/** Longest `Cookie` header that is looked at. */
const maxLength = 8192;

/**
 * The value of a cookie in a `Cookie` header.
 *
 * @returns 1 to 4,096 characters of base64url; null when it is not there, is something else, or is there twice
 */
export function readCookie(header: string | undefined, { name }: Cookie): string | null {
  if (header === undefined || header.length > maxLength) return null;
  const values = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  const [value = ''] = values;
  return values.length === 1 && /^[\w-]{1,4096}$/.test(value) ? value : null;
}

/** A `Set-Cookie` value. @param value base64url, so nothing in it needs quoting */
export function setCookie({ name, sameSite }: Cookie, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=${sameSite}`;
}

/** A `Set-Cookie` value that makes a browser forget a cookie. */
export function dropCookie(cookie: Cookie): string {
  return setCookie(cookie, '', 0);
}
