import { AppError } from '@berth/errors';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import type { z } from 'zod';

/**
 * Holds what a route answers against the output that it declares: a field that was not declared is never sent. Bound to
 * single routes, because one interceptor for all would cost a pull, which has no output of this kind, 14 us.
 */
export class OutputInterceptor implements NestInterceptor {
  constructor(private readonly output: z.ZodType) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((answer: unknown) => {
        const result = this.output.safeParse(answer);
        if (result.success) return result.data;
        throw new AppError({ kind: 'bug', message: 'an answer that its route does not declare', cause: result.error });
      }),
    );
  }
}
