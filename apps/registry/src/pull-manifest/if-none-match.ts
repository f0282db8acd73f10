import type { Digest } from '@berth/oci';

/**
 * Whether the caller has the manifest already, as `If-None-Match` says: `*`, or a list of entity tags with this digest
 * among them. A weak tag counts like a strong one.
 *
 * @source RFC 9110 section 13.1.2
 */
export function isHeldByCaller(header: string, digest: Digest): boolean {
  if (header.length > 4096) return false;
  return header.split(',').some((tag) => {
    const value = tag.trim().replace(/^W\//, '');
    return value === '*' || value === `"${digest}"`;
  });
}
