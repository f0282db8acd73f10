import type { AppError } from '@berth/errors';
import { ociError } from './oci-error.js';
import { isMediaType } from './media-types.js';

/** A JSON object of a manifest whose known names are spelled exactly so. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The refusal of a manifest; `reason` completes "manifest invalid: ". */
export function invalidManifest(reason: string, cause?: unknown): AppError {
  return ociError({ code: 'MANIFEST_INVALID', message: `manifest invalid: ${reason}`, cause });
}

/**
 * Reads an object. A name that differs from a known one only by case is refused, because Go's parser would read it as
 * the known one and this one would not.
 *
 * @param known the names that mean something here, in their right spelling
 */
export function readObject(value: unknown, where: string, known: readonly string[]): JsonObject {
  if (!isObject(value)) throw invalidManifest(`${where} is not an object`);
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const alike = known.find((candidate) => fold(candidate) === fold(name));
    if (alike !== undefined) throw invalidManifest(`${where} has ${JSON.stringify(name)} instead of "${alike}"`);
  }
  return value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Also folds the two letters outside ASCII that Go's parser takes for k and s. */
function fold(name: string): string {
  return name.length > 32 ? name : name.toUpperCase().toLowerCase();
}

/** Reads an array of at most `max` elements. */
export function readArray(value: unknown, where: string, max: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidManifest(`${where} is not an array`);
  if (value.length > max) throw invalidManifest(`${where} has ${value.length} entries, more than ${max}`);
  return value;
}

/** Reads an object of strings; absent and null are empty. */
export function readAnnotations(value: unknown, where: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw invalidManifest(`${where} is not an object`);
  if (!hasOnlyStrings(value)) throw invalidManifest(`${where} has a value that is not a string`);
  return value;
}

function hasOnlyStrings(value: JsonObject): value is Readonly<Record<string, string>> {
  return Object.values(value).every((each) => typeof each === 'string');
}

/** Reads a media type that is safe in a header. */
export function readMediaType(value: unknown, where: string): string {
  if (typeof value === 'string' && isMediaType(value)) return value;
  throw invalidManifest(`${where} is not a media type`);
}
