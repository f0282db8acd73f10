import { z } from 'zod';

/** A uuid, as every immutable id of Berth is (uuidv7). */
export const uuid = z.uuid();

/** A number from its owner's sequence, which is never reset; at least 1. Orders the states of one thing. */
export const version = z.int().positive();

/** An instant in UTC, ISO 8601 with milliseconds and `Z`. */
export const instant = z.iso.datetime();

/** `<kind>:<id>`: a principal as records, claims and entries name it. */
export const principalRef = z
  .string()
  .max(400)
  .regex(/^(token|device|user|service|workload|group|anonymous):.+$/);

/**
 * A text that Postgres can store: no NUL, no half of a surrogate pair.
 *
 * @param max most UTF-16 code units
 */
export function storableText(max: number) {
  return z
    .string()
    .max(max)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold NUL or half a character');
}

/** A state that ends in a record, not in a missing one: a consumer that was away still learns of the end. */
export const lifeStatus = z.enum(['active', 'deleted']);
