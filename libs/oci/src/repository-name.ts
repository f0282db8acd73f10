import { ociError } from './oci-error.js';

declare const repositoryNameBrand: unique symbol;

/** The name of an OCI repository within one registry, as `team/app`: parsed, never normalised, at most 255 characters. */
export type RepositoryName = string & { readonly [repositoryNameBrand]: true };

/** Longest repository name, in characters (all of them ASCII). */
export const maxRepositoryNameLength = 255;

/** Each alternative starts with a character that the one before can't contain, so matching is linear. */
const pattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** Whether `s` is a repository name exactly as given. @source OCI distribution-spec 1.1 "Pulling manifests" (`<name>`) */
export function isRepositoryName(s: string): s is RepositoryName {
  return s.length <= maxRepositoryNameLength && pattern.test(s);
}

/** @throws AppError 'malformed' NAME_INVALID unless {@link isRepositoryName} */
export function parseRepositoryName(s: string): RepositoryName {
  if (isRepositoryName(s)) return s;
  throw ociError({ code: 'NAME_INVALID' });
}
