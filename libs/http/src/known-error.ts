import { AppError, isAppError, type AppErrorFields } from '@berth/errors';
import { HttpException } from '@nestjs/common';
import { nothingThere } from './unknown-address.js';

type Refusal = Pick<AppErrorFields, 'kind' | 'code' | 'message'>;

const unreadable: Refusal = {
  kind: 'malformed',
  code: 'malformed-request',
  message: 'the request cannot be understood',
};

/** What the frameworks refuse by themselves, in our words. */
const byStatus: ReadonlyMap<number, Refusal> = new Map([
  [404, nothingThere],
  [413, { kind: 'too-large', code: 'too-large', message: 'the body is larger than 1 MiB' }],
  [414, { kind: 'malformed', code: 'address-too-long', message: 'the address is too long' }],
  [
    415,
    {
      kind: 'malformed',
      code: 'unsupported-media-type',
      message: 'the body must be JSON, with content-type: application/json',
    },
  ],
]);

/**
 * The error that a caller may be told of: the one thrown on purpose, or what the frameworks refuse by themselves (unknown
 * route, unreadable JSON, body too large). Null for everything else, which is ours to find and nobody else's to see: a
 * library's error may carry a status too, of its own conversation with somebody else.
 */
export function knownError(thrown: unknown): AppError | null {
  if (isAppError(thrown)) return thrown;
  const status = frameworkStatus(thrown);
  if (status === null || status < 400 || status > 499) return null;
  const refusal = isBodyError(thrown)
    ? { ...unreadable, code: 'malformed-body', message: 'the body is not readable JSON' }
    : (byStatus.get(status) ?? unreadable);
  return new AppError({ ...refusal, cause: thrown });
}

/** The status of an error of Nest, of Fastify (its codes begin with FST_) or of its JSON parser; null for any other. */
function frameworkStatus(thrown: unknown): number | null {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (isBodyError(thrown)) return 400;
  const isFastify = thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('FST_');
  return isFastify && 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : null;
}

const bodyErrors = [
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
];

/** Fastify's parser of JSON throws the bare SyntaxError, with the status that it wants for it. */
function isBodyError(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown instanceof SyntaxError) return 'statusCode' in thrown && thrown.statusCode === 400;
  return 'code' in thrown && bodyErrors.includes(String(thrown.code));
}
