import { errorForLog } from './error-for-log.js';
import { removed, secretName } from './secret-names.js';

const deepest = 8;
const mostItems = 100;
const longestText = 4096;

/**
 * A copy of an object for a log line: members named like a secret are replaced, errors reduced to what is worth a line,
 * and everything bounded. Numbers count as values of a secret too; true, false and null say nothing.
 */
export function redactFacts(facts: object): Record<string, unknown> {
  return membersOf(facts, 0);
}

/** A text short enough for a log line; what is left out is said. */
export function boundedText(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}[.. ${text.length} characters]`;
}

function membersOf(object: object, depth: number): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object).slice(0, mostItems)) {
    members[name] = isTelling(value) && secretName.test(name) ? removed : fact(value, depth + 1);
  }
  return members;
}

function isTelling(value: unknown): boolean {
  return value !== null && value !== undefined && typeof value !== 'boolean';
}

function fact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return boundedText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return errorForLog(value);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth > deepest) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => fact(item, depth + 1));
  return membersOf(value, depth);
}
