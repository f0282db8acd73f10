import type { AppError } from '@berth/errors';
import { ociCodes, type OciErrorCode } from '@berth/oci';
import { STATUS_CODES } from 'node:http';
import { statusOf } from './status.js';

/** An error as it is answered. */
export interface ErrorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

/** Writes an error in the form of a route. `requestId` finds it in the log. */
export type ErrorForm = (error: AppError, requestId: string) => ErrorAnswer;

const ociCodeOfKind: Readonly<Record<AppError['kind'], OciErrorCode>> = {
  malformed: 'UNSUPPORTED',
  unauthenticated: 'UNAUTHORIZED',
  denied: 'DENIED',
  'not-found': 'NAME_UNKNOWN',
  conflict: 'UNSUPPORTED',
  'too-large': 'SIZE_INVALID',
  'rate-limited': 'TOOMANYREQUESTS',
  unavailable: 'TOOMANYREQUESTS',
  bug: 'UNSUPPORTED',
};

/** The data plane's form; codes come only from the specification's list. @source OCI distribution-spec 1.1 "Error Codes" */
export const ociForm: ErrorForm = (error, requestId) => ({
  status: statusOf(error),
  contentType: 'application/json',
  body: { errors: [ociEntry(error, requestId)] },
});

function ociEntry({ code, kind, message, detail }: AppError, requestId: string) {
  const listed = code !== undefined && Object.hasOwn(ociCodes, code) ? code : ociCodeOfKind[kind];
  return { code: listed, message, detail: { ...detail, requestId } };
}

const oauthCodes = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
];

const oauthCodeOfKind: Partial<Record<AppError['kind'], string>> = {
  unauthenticated: 'invalid_client',
  unavailable: 'temporarily_unavailable',
  'rate-limited': 'temporarily_unavailable',
  bug: 'server_error',
};

/**
 * The token endpoint's form: what RFC 6749 asks for, with the `errors` that docker prints beside it.
 *
 * @source RFC 6749 section 5.2; Docker token authentication specification
 */
export const tokenForm: ErrorForm = (error, requestId) => ({
  status: statusOf(error),
  contentType: 'application/json',
  body: {
    error: oauthCodes.includes(error.code ?? '') ? error.code : (oauthCodeOfKind[error.kind] ?? 'invalid_request'),
    error_description: error.message,
    errors: [ociEntry(error, requestId)],
  },
});

/** The management API's form. @source RFC 9457 */
export const problemForm: ErrorForm = ({ code, kind, message, detail }, requestId) => {
  const status = statusOf({ kind, ...(code === undefined ? {} : { code }) });
  return {
    status,
    contentType: 'application/problem+json',
    body: {
      ...detail,
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: message,
      code: code ?? kind,
      requestId,
    },
  };
};

/** The form in which errors of an address are answered. */
export function errorFormOf(url: string): ErrorForm {
  if (isBelow(url, '/v2')) return ociForm;
  if (isBelow(url, '/oauth2')) return tokenForm;
  return problemForm;
}

function isBelow(url: string, path: string): boolean {
  const next = url[path.length];
  return url.startsWith(path) && (next === undefined || next === '/' || next === '?');
}
