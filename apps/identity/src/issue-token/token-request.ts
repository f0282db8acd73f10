import { parseScopes, type RequestedScope } from '@berth/access';
import { AppError } from '@berth/errors';
import { z } from 'zod';

/** A token request that can be understood. */
export interface TokenRequest {
  /** The login server of a registry; one that is configured here. */
  readonly service: string;
  readonly scopes: readonly RequestedScope[];
  /** The scopes as they came, for the audit log. */
  readonly asked: string;
  /** The user name a second time, as docker sends it. */
  readonly account: string | null;
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

/**
 * Reads the parameters of `GET /oauth2/token`, before any work is done for it.
 *
 * @param parameters decoded; a repeated one is a list
 * @param loginServers those of this installation
 * @throws AppError 'malformed' with code `invalid_request` or `invalid_scope`
 * @source Docker registry token specification, "Requesting a Token"
 */
export function readTokenRequest(parameters: unknown, loginServers: ReadonlyMap<string, string>): TokenRequest {
  const result = query.safeParse(parameters);
  if (!result.success) {
    const names = [...new Set(result.error.issues.map((issue) => String(issue.path[0])))];
    throw invalidRequest(`each of ${names.join(', ')} is given once, in at most 512 characters; service is required`);
  }
  const { service, scope, account = null } = result.data;
  if (!loginServers.has(service)) throw invalidRequest('service is no login server of this installation');
  const values = typeof scope === 'string' ? [scope] : scope;
  return { service, scopes: parseScopes(values), asked: values.join(' ').slice(0, 2000), account };
}

/** The caller contradicts itself, or asks for what isn't here. */
export function invalidRequest(message: string): AppError {
  return new AppError({ kind: 'malformed', code: 'invalid_request', message });
}
