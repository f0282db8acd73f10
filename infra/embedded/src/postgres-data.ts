import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@berth/errors';
import { Child } from './child.js';
import { inheritedEnvironment } from './config.js';
import { lastLogLines } from './log-file.js';
import { asOrdinaryUser, type PostgresBinaries } from './postgres-binaries.js';
import { generatePassword, readOrCreatePrivateFile } from './private-file.js';

/** Owner of the database and of every schema in it: migrations and upkeep only. */
export const ownerName = 'berth';

interface NewData {
  readonly dir: string;
  readonly binaries: PostgresBinaries;
  readonly logFile: string;
  readonly durability: 'durable' | 'throw-away';
}

/** The owner's password, made on first use. */
export function readOwnerPassword(dir: string): string {
  return readOrCreatePrivateFile(passwordFile(dir), generatePassword);
}

/** Makes `<dir>/data` with an empty database `berth`, unless it is there; a broken attempt leaves nothing behind. */
export async function createPostgresData({ dir, binaries, logFile, durability }: NewData): Promise<void> {
  const data = join(dir, 'data');
  if (existsSync(data)) return;
  const draft = join(dir, 'data.new');
  rmSync(draft, { recursive: true, force: true });
  readOwnerPassword(dir);
  const statements = join(dir, 'create-database.sql');
  writeFileSync(statements, 'CREATE DATABASE berth\n');
  const run = (program: string, args: readonly string[]) => runToEnd(program, { args, logFile });
  await run(binaries.initdb, [
    ...['-D', draft, '--username', ownerName, '--pwfile', passwordFile(dir), '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', ...(durability === 'throw-away' ? ['--no-sync'] : [])],
  ]);
  await run('/bin/sh', ['-c', 'exec "$0" --single -D "$1" postgres < "$2"', binaries.postgres, draft, statements]);
  rmSync(statements);
  renameSync(draft, data);
}

async function runToEnd(program: string, { args, logFile }: { args: readonly string[]; logFile: string }) {
  const { command, args: before } = asOrdinaryUser(program);
  const env = { ...inheritedEnvironment(), LC_ALL: 'C' };
  const child = await Child.start({ command, args: [...before, ...args], env, logFile });
  await child.ended;
  if (child.exitCode === 0) return;
  throw new AppError({
    kind: 'unavailable',
    message: `PostgreSQL's data could not be made; the log ${logFile} ends:\n${lastLogLines(logFile).join('\n')}`,
  });
}

function passwordFile(dir: string): string {
  return join(dir, 'password');
}
