import { pino, type DestinationStream, type Logger as PinoLogger, type LoggerOptions as PinoOptions } from 'pino';
import { errorForLog } from './error-for-log.js';
import { boundedText, redactFacts } from './redact-facts.js';
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
 * their names, at any depth ({@link redactFacts}), nor by their looks in a text ({@link redactLine}).
 */
export function createLogger({ service, instance, level = 'info', destination }: LoggerOptions): Logger {
  const options: PinoOptions = {
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: redactFacts },
    serializers: { err: errorForLog },
    hooks: {
      streamWrite: redactLine,
      logMethod(given, write) {
        // Pino types the arguments as one tuple per overload; bounding texts keeps each in its place.
        write.apply(
          this,
          given.map((part: unknown) => (typeof part === 'string' ? boundedText(part) : part)) as typeof given,
        );
      },
    },
  };
  return withSafeChildren(destination === undefined ? pino(options) : pino(options, destination));
}

/** Pino gives the facts of a child to no formatter; children inherit this, and theirs too. */
function withSafeChildren(logger: Logger): Logger {
  const { child } = logger;
  // Pino's type is generic in levels of one's own, which we have none of.
  logger.child = function (this: Logger, facts: object, options?: object) {
    return child.call(this, redactFacts(facts), options);
  } as Logger['child'];
  return logger;
}
