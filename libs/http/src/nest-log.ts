import type { Logger } from '@berth/telemetry';
import type { LoggerService } from '@nestjs/common';

/** Puts what Nest has to complain about into the service's own log; what it tells about its start goes nowhere. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(): void {}

  fatal(message: unknown, ...more: unknown[]): void {
    this.error(message, ...more);
  }

  error(message: unknown, ...more: unknown[]): void {
    this.logger.error({ err: message instanceof Error ? message : undefined, ...contextOf(more) }, textOf(message));
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.logger.warn(contextOf(more), textOf(message));
  }
}

/** Nest gives the name of its part last, perhaps after a stack. */
function contextOf(more: readonly unknown[]): { readonly context?: string; readonly stack?: string } {
  const [stack, context] = more.length > 1 ? more : [undefined, more[0]];
  return {
    ...(typeof context === 'string' ? { context } : {}),
    ...(typeof stack === 'string' ? { stack } : {}),
  };
}

function textOf(message: unknown): string {
  return message instanceof Error ? message.message : String(message);
}
