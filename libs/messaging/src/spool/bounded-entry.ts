import { entryDraft, type EntryDraft } from '@berth/contracts';
import { z } from 'zod';

interface Limit {
  readonly path: readonly string[];
  readonly length: number;
}

/** The longest each text of an entry may be, read from its contract. */
const limits = limitsOf(entryDraft, []);

/**
 * Cuts the texts of an entry that are longer than its contract allows. What a client sends (user agent, scopes, a name) is
 * cut here rather than refused at the other end, where one long header would stop everybody's audit log.
 *
 * @returns the entry itself when nothing is too long
 */
export function boundedEntry(entry: EntryDraft): EntryDraft {
  let bounded: EntryDraft | null = null;
  for (const { path, length } of limits) {
    const text = valueAt(entry, path);
    if (typeof text !== 'string' || text.length <= length) continue;
    bounded ??= structuredClone(entry);
    cutAt(bounded, path, text.slice(0, length));
  }
  return bounded ?? entry;
}

function limitsOf(schema: unknown, path: readonly string[]): Limit[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return limitsOf(schema.unwrap(), path);
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) => limitsOf(inner, [...path, key]));
  }
  return schema instanceof z.ZodString && schema.maxLength !== null ? [{ path, length: schema.maxLength }] : [];
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let inner = value;
  for (const key of path) inner = isObject(inner) ? inner[key] : undefined;
  return inner;
}

function cutAt(value: unknown, path: readonly string[], text: string): void {
  const parent = valueAt(value, path.slice(0, -1));
  const key = path.at(-1);
  if (isObject(parent) && key !== undefined) parent[key] = text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
