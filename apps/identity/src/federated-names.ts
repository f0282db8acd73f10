import { hash } from 'node:crypto';

/** Longest name of a user, and of a group. */
const maxNameLength = 128;

/**
 * The names that a person or group of an identity provider is given, best first: the provider's own, and others that hardly
 * anybody can have.
 *
 * @param id what it is known by at the provider, the issuer first
 */
export function namesFor(wished: string, id: readonly [issuer: string, ownId: string]): readonly string[] {
  const digits = hash('sha256', JSON.stringify(id), 'hex');
  return [wished, ...[8, 32].map((length) => suffixed(wished, digits.slice(0, length)))];
}

function suffixed(name: string, suffix: string): string {
  return `${name.slice(0, maxNameLength - suffix.length - 1)}-${suffix}`;
}
