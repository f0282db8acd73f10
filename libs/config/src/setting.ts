import { z } from 'zod';

/**
 * A setting that is read from one string. Every refusal says what would be right.
 *
 * @param right how a good value looks, as `host:port, such as 127.0.0.1:5000`
 * @param parse the value, or undefined when the string isn't one
 */
export function setting<T>(right: string, parse: (text: string) => T | undefined) {
  return z.string({ error: `is not set; it must be ${right}` }).transform((text, context): T => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `is not usable; it must be ${right}` });
    return z.NEVER;
  });
}

/** The parts of a comma-separated list, each parsed; undefined when it is empty or one of them isn't right. */
export function parseList<T>(text: string, parse: (part: string) => T | undefined): T[] | undefined {
  const values: T[] = [];
  for (const part of text.split(',')) {
    const value = parse(part.trim());
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
