import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@berth/errors';
import { DatabaseError } from 'pg';
import { plainIdentifier } from './identifier.js';

/** The role that a service logs in with, as its connection URL names it. */
export interface ServiceLogin {
  readonly role: string;
  readonly password: string;
  readonly database: string;
}

type Run = <Row extends object>(sql: string) => Promise<Row[]>;

/** @throws AppError 'malformed' when the URL names no role, no password or no database, or a role that needs quoting */
export function serviceLoginOf(url: string): ServiceLogin {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const [role, password, database] = [parsed?.username, parsed?.password, parsed?.pathname.slice(1)].map((part) =>
    decodeURIComponent(part ?? ''),
  );
  if (!role || !password || !database) {
    throw new AppError({
      kind: 'malformed',
      message: 'the URL of a service login must be postgres://<role>:<password>@<host>:<port>/<database>',
    });
  }
  return { role: plainIdentifier(role), password, database };
}

/**
 * Creates the role, or sets its password. It may log in and nothing else.
 *
 * @param run sends SQL as the owner
 * @throws AppError 'conflict' when the role exists and has rights that a service must not have
 */
export async function ensureServiceLogin(run: Run, login: ServiceLogin): Promise<void> {
  const password = scramVerifier(login.password);
  await despiteRaces(async () => {
    const [existing] = await run<{ is_privileged: boolean }>(
      `select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolname = current_user as is_privileged
         from pg_roles where rolname = '${login.role}'`,
    );
    if (existing?.is_privileged === true) {
      throw new AppError({ kind: 'conflict', message: `role ${login.role} has rights that a service must not have` });
    }
    const verb = existing === undefined ? 'create' : 'alter';
    await run(`${verb} role ${login.role} login password '${password}'`);
  });
}

/**
 * What Postgres stores of a password; given in its place, so that the password is in no statement and no server log.
 *
 * @source RFC 5802 section 3, RFC 7677; PostgreSQL "pg_authid"
 */
function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}

/** Roles belong to the whole server, and the lock of a migration only to its database: another may change the role too. */
async function despiteRaces(change: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (e) {
      if (attempt === 10 || !isRace(e)) throw e;
      await wait(20 * attempt);
    }
  }
}

function isRace(e: unknown): boolean {
  if (!(e instanceof DatabaseError)) return false;
  const isDuplicate = e.code === '23505' || e.code === '42710';
  return isDuplicate || (e.code === 'XX000' && e.message.includes('tuple concurrently'));
}
