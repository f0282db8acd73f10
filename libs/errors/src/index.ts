export type { ErrorKind } from './error-kind.js';
export { AppError, isAppError } from './app-error.js';
export type { AppErrorFields } from './app-error.js';
export { errorMessage } from './error-message.js';
export { assertNever } from './assert-never.js';
