import { AppError } from '@berth/errors';
import { StandardSchemaValidationPipe } from '@nestjs/common';

/** Most problems of one body that are listed. */
const mostProblems = 20;
const longestMessage = 300;

/** What a Standard Schema reports of one problem. */
interface Issue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** Checks every `{ schema }` of a handler's parameters; what doesn't fit is refused with each problem and where it is. */
export function schemaPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues: readonly Issue[]) => {
      const errors = issues.slice(0, mostProblems).map(({ message, path = [] }) => ({
        path: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
        // A message may repeat what was sent, such as the names of unknown members.
        message: message.slice(0, longestMessage),
      }));
      const first = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
      return new AppError({ kind: 'malformed', code: 'malformed-request', message: first, detail: { errors } });
    },
  });
}
