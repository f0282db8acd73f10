import { AppError } from '@berth/errors';
import { isRepositoryName, maxRepositoryNameLength } from '@berth/oci';
import type { RepositoryName } from '@berth/oci';

declare const repositoryPatternBrand: unique symbol;

/**
 * Repositories of one registry, existing or not: an exact name, all below a prefix (`team/*`), or all (`*`).
 * Every repository name is also a pattern.
 */
export type RepositoryPattern = RepositoryName | (string & { readonly [repositoryPatternBrand]: true });

/** Whether `s` is a pattern: one `*` at most, and only as the whole last segment. */
export function isRepositoryPattern(s: string): s is RepositoryPattern {
  if (s === '*') return true;
  if (!s.endsWith('/*')) return isRepositoryName(s);
  return s.length <= maxRepositoryNameLength && isRepositoryName(s.slice(0, -2));
}

/** @throws AppError 'malformed' with code `invalid_pattern` unless {@link isRepositoryPattern} */
export function parseRepositoryPattern(s: string): RepositoryPattern {
  if (isRepositoryPattern(s)) return s;
  throw new AppError({
    kind: 'malformed',
    code: 'invalid_pattern',
    message: `${JSON.stringify(s.slice(0, 300))} is neither a repository name nor a prefix such as team/* nor *`,
  });
}

/**
 * Whether every repository that `target` can stand for is one that `pattern` stands for. `team/*` covers `team/app` and
 * `team/sub/*`, never `team` itself nor `team-evil/app`.
 */
export function patternCovers(pattern: RepositoryPattern, target: RepositoryPattern): boolean {
  if (pattern === target || pattern === '*') return true;
  const slashAt = pattern.length - 2;
  /** Without this, each of 1,000 comparisons of a decision would cut a string. */
  if (target[slashAt] !== '/' || target.length === slashAt + 1) return false;
  return pattern.endsWith('/*') && target.startsWith(pattern.slice(0, -1));
}

/** The pattern `*`. */
export const everyRepository: RepositoryPattern = parseRepositoryPattern('*');

/** Whether some repository, existing or not, is one that both stand for. */
export function patternsOverlap(one: RepositoryPattern, other: RepositoryPattern): boolean {
  return patternCovers(one, other) || patternCovers(other, one);
}

/** The first segment of a name or prefix; null for `*`, which lies in no single namespace. */
export function namespaceOf(pattern: RepositoryPattern): string | null {
  if (pattern === '*') return null;
  const slash = pattern.indexOf('/');
  return slash === -1 ? pattern : pattern.slice(0, slash);
}
