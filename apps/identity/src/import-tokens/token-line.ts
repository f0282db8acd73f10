import { AppError } from '@berth/errors';
import { z } from 'zod';
import { tokenName } from '../repository-token.js';
import { wholeToken, type WholeToken } from '../token-fields.js';
import type { NumberedLine } from './line-batches.js';

/** One token to import. */
export interface TokenLine {
  readonly number: number;
  readonly name: string;
  readonly token: WholeToken;
  /** Of a password that its owner has already; null = one is generated. */
  readonly sha256: Buffer | null;
}

/** What was made of a line. */
export type LineResult =
  | { readonly kind: 'imported'; readonly name: string; readonly password: string | null }
  | {
      readonly kind: 'refused';
      readonly line: number;
      /** Null = it could not be read. */
      readonly name: string | null;
      readonly code: string;
      readonly message: string;
    };

const passwordHash = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits');

/** Whose a token is can't be imported: each owner would have to be looked for. */
const importedToken = wholeToken.refine(({ objectId }) => objectId === null, {
  path: ['objectId'],
  message: 'is given to a token that is there',
});

const line = z
  .looseObject({ name: tokenName, passwordSha256: passwordHash.optional() })
  .transform(({ name, passwordSha256, ...rest }) => ({ name, passwordSha256, rest }));

/** Reads a line. A password itself is never taken: whoever has one sends its SHA-256. */
export function readTokenLine({ number, text }: NumberedLine): TokenLine | LineResult {
  if (text === null) return refusedLine(number, null, tooLong());
  const json = parsed(text);
  const given = line.safeParse(json);
  if (!given.success) return refusedLine(number, nameIn(json), malformed(given.error));
  const { name, passwordSha256, rest } = given.data;
  const token = importedToken.safeParse(rest);
  if (!token.success) return refusedLine(number, name, malformed(token.error));
  return { number, name, token: token.data, sha256: hashOf(passwordSha256) };
}

export function isTokenLine(read: TokenLine | LineResult): read is TokenLine {
  return 'token' in read;
}

/** The answer to a line that was refused. */
export function refusedLine(number: number, name: string | null, { code, kind, message }: AppError): LineResult {
  return { kind: 'refused', line: number, name, code: code ?? kind, message };
}

/** A line of the answer, with its end. */
export function writtenLine(result: LineResult): string {
  return `${JSON.stringify(answerOf(result))}\n`;
}

function answerOf(result: LineResult): object {
  if (result.kind === 'refused') {
    const { line: number, name, code, message } = result;
    return { line: number, name, error: { code, message } };
  }
  const { name, password } = result;
  return { name, slot: 1, ...(password === null ? {} : { password }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only what can be a name is repeated. */
function nameIn(json: unknown): string | null {
  return z.object({ name: tokenName }).safeParse(json).data?.name ?? null;
}

function hashOf(hex: string | undefined): Buffer | null {
  return hex === undefined ? null : Buffer.from(hex, 'hex');
}

function tooLong(): AppError {
  return new AppError({ kind: 'malformed', code: 'unreadable-line', message: 'too long, or not UTF-8' });
}

function malformed(error: z.ZodError): AppError {
  const [first] = error.issues;
  const path = first?.path.map(String).join('.') ?? '';
  const message = (first?.message ?? 'malformed').slice(0, 300);
  return new AppError({
    kind: 'malformed',
    code: 'malformed-line',
    message: path === '' ? message : `${path}: ${message}`,
  });
}
