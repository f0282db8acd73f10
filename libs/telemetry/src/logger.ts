import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { errorForLog } from './error-for-log.js';
import { redactLine } from './redact-line.js';

/** A log to write to: `debug`, `info`, `warn`, `error` take an object of facts and a message; `child` adds facts to each line. */
export type Logger = PinoLogger;

/** What a {@link createLogger} is made with. */
export interface LoggerOptions {
  /** `identity`, `policy`, .. */
  readonly service: string;
  readonly instance: string;
  /** Default `info`; `silent` logs nothing. */
  readonly level?: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/**
 * A log of one JSON object a line: `level` as a word, `time` in ISO 8601 UTC, service, instance, message, facts. An error
 * goes under `err`. Secrets, tokens, cookies, Authorization headers and passwords never reach the line: neither under
 * their names, at any depth, nor by their looks in a text (see {@link redactLine}).
 */
export function createLogger({ service, instance, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorForLog, error: errorForLog },
    hooks: { streamWrite: redactLine },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
