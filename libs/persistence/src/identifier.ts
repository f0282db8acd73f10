import { AppError } from '@berth/errors';

/**
 * A schema or role name that needs no quoting anywhere: in SQL, in `search_path`, in a connection's options.
 *
 * @returns the name itself
 * @throws AppError 'malformed' for anything but 1..63 of a-z, 0-9 and _, starting with a letter
 */
export function plainIdentifier(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) {
    throw new AppError({ kind: 'malformed', message: `"${name}" is not a name for a schema or role: use a-z, 0-9, _` });
  }
  return name;
}
