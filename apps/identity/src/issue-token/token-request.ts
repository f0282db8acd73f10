import { parseScopes, type RequestedScope } from '@berth/access';
import { AppError } from '@berth/errors';
import { z } from 'zod';
import { invalidRequest } from '../invalid-request.js';
import { tokenExchange } from '../presented-credential.js';

/** A token request that can be understood. */
export interface TokenRequest {
  /** The login server of a registry; one that is configured here. */
  readonly service: string;
  readonly scopes: readonly RequestedScope[];
  /** The scopes as they came, and how the token is asked for if not in the plain way; for the audit log. */
  readonly asked: string;
  /** The user name a second time, as docker sends it. */
  readonly account: string | null;
  /** Whether a refresh token is wanted too. */
  readonly isOffline: boolean;
}

const one = z.string().max(512);

/** A repeated parameter comes as a list, which only `scope` may be. Unknown parameters are ignored, as OAuth asks for. */
const query = z.object({
  service: one,
  scope: z.union([z.string(), z.array(z.string())]).default([]),
  account: one.optional(),
  client_id: one.optional(),
  offline_token: one.optional(),
});

/** `client_id` is required by Docker's specification and left out by Azure's clients; nothing is decided from it. */
const form = z.object({
  grant_type: one,
  service: one,
  scope: z.string().default(''),
  client_id: one.optional(),
  access_type: one.optional(),
  subject_token_type: one.optional(),
  requested_token_type: one.optional(),
});

/** Kinds of tokens that say who a workload is, and the kind that it gets. @source RFC 8693 section 3 */
const subjectTokenTypes = ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token'];
export const issuedTokenType = 'urn:ietf:params:oauth:token-type:access_token';

/** What each grant stands on. */
const credentialsOfGrant: ReadonlyMap<string, readonly string[]> = new Map([
  ['password', ['username', 'password']],
  ['refresh_token', ['refresh_token']],
  [tokenExchange, ['subject_token']],
]);

/**
 * Reads the parameters of `GET /oauth2/token`, before any work is done for it.
 *
 * @param parameters decoded; a repeated one is a list
 * @param loginServers those of this installation
 * @throws AppError 'malformed' with code `invalid_request` or `invalid_scope`
 * @source Docker registry token specification, "Requesting a Token"
 */
export function readTokenQuery(parameters: unknown, loginServers: ReadonlyMap<string, string>): TokenRequest {
  const { service, scope, account = null, offline_token: offline } = checked(query.safeParse(parameters));
  const isOffline = offline === 'true';
  const values = typeof scope === 'string' ? [scope] : scope;
  const asked = isOffline ? [...values, 'offline_token=true'] : values;
  return { ...whereAndWhat(service, values, loginServers), asked: bounded(asked), account, isOffline };
}

/**
 * Reads the form of `POST /oauth2/token`, before any work is done for it. Whoever comes with a refresh token is answered
 * the same one, whether it asks for it or not.
 *
 * @throws AppError 'malformed' with code `invalid_request`, `invalid_scope` or `unsupported_grant_type`
 * @source Docker registry OAuth2 specification, "Getting a token"; RFC 8693 section 2.1
 */
export function readTokenForm(
  parameters: ReadonlyMap<string, string>,
  loginServers: ReadonlyMap<string, string>,
): TokenRequest {
  const given = checked(form.safeParse(Object.fromEntries(parameters)));
  const { grant_type: grantType, service, scope, access_type: accessType } = given;
  const credentials = credentialsOfGrant.get(grantType);
  if (credentials === undefined) {
    const message = 'grant_type is password, refresh_token or token-exchange (RFC 8693)';
    throw new AppError({ kind: 'malformed', code: 'unsupported_grant_type', message });
  }
  requireGrant(parameters, credentials);
  if (grantType === tokenExchange) requireExchange(given);
  const isRefresh = grantType === 'refresh_token';
  const isOffline = isRefresh || accessType === 'offline';
  const asked = [scope, `grant_type=${grantType}`, ...(accessType === 'offline' ? ['access_type=offline'] : [])];
  return { ...whereAndWhat(service, [scope], loginServers), asked: bounded(asked), account: null, isOffline };
}

/** What each grant stands on, exactly: two kinds of credential in one form are two answers to who is asking. */
function requireGrant(parameters: ReadonlyMap<string, string>, names: readonly string[]): void {
  const all = ['username', 'password', 'refresh_token', 'subject_token', 'actor_token'];
  const isExact = all.every((name) => parameters.has(name) === names.includes(name));
  if (!isExact) throw invalidRequest(`this grant_type comes with ${names.join(' and ')}, and no other credential`);
}

/** A token for nobody but its holder, and an access token for it. */
function requireExchange({ subject_token_type: type = '', requested_token_type: wanted }: z.infer<typeof form>): void {
  if (!subjectTokenTypes.includes(type))
    throw invalidRequest(`subject_token_type is ${subjectTokenTypes.join(' or ')}`);
  if ((wanted ?? issuedTokenType) !== issuedTokenType)
    throw invalidRequest(`requested_token_type is ${issuedTokenType}`);
}

function whereAndWhat(service: string, values: readonly string[], loginServers: ReadonlyMap<string, string>) {
  if (!loginServers.has(service)) throw invalidRequest('service is no login server of this installation');
  return { service, scopes: parseScopes(values) };
}

function bounded(asked: readonly string[]): string {
  return asked
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, 2000);
}

function checked<T>(result: { success: true; data: T } | { success: false; error: z.ZodError }): T {
  if (result.success) return result.data;
  const names = [...new Set(result.error.issues.map((issue) => String(issue.path[0])))];
  throw invalidRequest(`each of ${names.join(', ')} is given once, in at most 512 characters; service is required`);
}
