import { AppError } from '@berth/errors';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { routeKey, type RouteDeclaration } from './declarations.js';

/**
 * Holds what a route answers against the output that it declares: a field that was not declared is never sent. Routes
 * without an output, as all of the data plane are, pay nothing.
 */
export class OutputInterceptor implements NestInterceptor {
  private readonly declared = new WeakMap<object, RouteDeclaration | null>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const output = this.declarationOf(context.getHandler())?.output;
    if (output === undefined) return next.handle();
    return next.handle().pipe(
      map((answer: unknown) => {
        const result = output.safeParse(answer);
        if (result.success) return result.data;
        throw new AppError({ kind: 'bug', message: 'an answer that its route does not declare', cause: result.error });
      }),
    );
  }

  private declarationOf(handler: object): RouteDeclaration | null {
    const known = this.declared.get(handler);
    if (known !== undefined) return known;
    // Reflect gives any; the key is written by @Route() alone.
    const declaration = (Reflect.getMetadata(routeKey, handler) ?? null) as RouteDeclaration | null;
    this.declared.set(handler, declaration);
    return declaration;
  }
}
