import { AppError } from '@berth/errors';
import { z } from 'zod';
import { invalidRequest } from '../invalid-request.js';

/** A request of `POST /oauth2/exchange` that can be understood. */
export interface ExchangeRequest {
  readonly service: string;
  readonly grantType: (typeof grantTypes)[number];
  /** The refresh token to be exchanged; null = only another issuer's access token came. */
  readonly refreshToken: string | null;
}

const grantTypes = ['access_token', 'access_token_refresh_token', 'refresh_token'] as const;

const form = z.object({
  grant_type: z.enum(grantTypes),
  service: z.string().max(512),
  tenant: z.string().max(512).optional(),
  access_token: z.string().min(1).optional(),
  refresh_token: z.string().min(1).optional(),
});

/**
 * Reads the form of an exchange, before any work is done for it.
 *
 * @throws AppError 'malformed' with code `invalid_request` or `unsupported_grant_type`
 * @source Azure Container Registry data-plane API, `POST /oauth2/exchange`
 */
export function readExchangeForm(
  parameters: ReadonlyMap<string, string>,
  loginServers: ReadonlyMap<string, string>,
): ExchangeRequest {
  const result = form.safeParse(Object.fromEntries(parameters));
  if (!result.success) throw misread(result.error.issues.map(({ path }) => String(path[0])));
  const { grant_type: grantType, service, access_token: accessToken, refresh_token: refreshToken = null } = result.data;
  if (!loginServers.has(service)) throw invalidRequest('service is no login server of this installation');
  if (grantType !== 'refresh_token' && accessToken === undefined) throw invalidRequest('access_token is required');
  if (grantType !== 'access_token' && refreshToken === null) throw invalidRequest('refresh_token is required');
  return { grantType, service, refreshToken: grantType === 'access_token' ? null : refreshToken };
}

function misread(names: readonly string[]): AppError {
  if (!names.includes('grant_type')) return invalidRequest(`${names.join(', ')} cannot be understood`);
  const message = `grant_type is one of ${grantTypes.join(', ')}`;
  return new AppError({ kind: 'malformed', code: 'unsupported_grant_type', message });
}
