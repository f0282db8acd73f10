import { AppError, type AppErrorFields } from '@berth/errors';

/** What is said of an address at which there is nothing. */
export const nothingThere: Pick<AppErrorFields, 'kind' | 'code' | 'message'> = {
  kind: 'not-found',
  code: 'unknown-address',
  message: 'there is nothing at this address',
};

/** There is nothing at an address, or nothing that the caller needs to know of: it can't tell one from the other. */
export function unknownAddress(): AppError {
  return new AppError(nothingThere);
}
