import { resolve } from 'node:path';
import { z } from 'zod';
import { setting } from './setting.js';

/** A path, made absolute from the working directory. Whether it exists is not asked. */
export const filePath = setting('a path', (text) => (text === '' ? undefined : resolve(text)));

/** Whole seconds, 0 or more. */
export const seconds = wholeNumber({ least: 0, most: 10 * 365 * 86_400, unit: 'seconds' });

/** An instant in UTC, as epoch milliseconds. */
export const instantMs = setting('an instant such as 2030-01-31T00:00:00Z', (text) => {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
});

/** Name of one process among the replicas of its service; part of file names, Kafka groups and audit entries. */
export const instanceName = setting('1 to 64 of a-z, A-Z, 0-9, . _ and -, such as identity-1', (text) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? text : undefined,
);

/** How much is logged. */
export const logLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
  error: 'is not usable; it must be fatal, error, warn, info, debug, trace or silent',
});

/** A whole number between two bounds. */
export function wholeNumber({ least, most, unit }: { least: number; most: number; unit: string }) {
  return setting(`a whole number of ${unit} from ${least} to ${most}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  });
}
