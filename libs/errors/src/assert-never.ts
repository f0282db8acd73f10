import { AppError } from './app-error.js';

/**
 * Ends an exhaustive switch: a new member of the union is a compile error here, and at run time an error that says so.
 *
 * @throws AppError 'bug' always
 */
export function assertNever(x: never): never {
  throw new AppError({ kind: 'bug', message: `unexpected value of type ${typeof x} in an exhaustive switch` });
}
