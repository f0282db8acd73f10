import { AppError, isAppError } from '@berth/errors';
import type { Clock } from '@berth/foundation';
import type { EgressClient } from '@berth/http';
import * as oidc from 'openid-client';
import { personOf, type Person } from './person.js';

export interface IdentityProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  /** Null = groups are not the provider's matter. */
  readonly groupsClaim: string | null;
  /** Where the provider sends the browser back to; registered there to the letter. */
  readonly redirectUri: string;
  readonly egress: Pick<EgressClient, 'send'>;
  readonly clock: Clock;
}

/** What must come back with a log-in: only the browser that began it has it. */
export interface LogInChecks {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE. */
  readonly verifier: string;
}

/** How long what a provider says of itself is used, and after a failure how long it is not asked again. */
const rememberedMs = 3_600_000;
const pauseMs = 2_000;

/**
 * The identity provider that people log in with: authorization code flow with PKCE, state and nonce; the signature of the
 * ID token is checked although it comes from the provider itself. Everything goes through the client for other people's
 * servers, so a provider that is slow, huge or gone costs nobody else anything.
 *
 * @source OpenID Connect Core 1.0 section 3.1; RFC 7636; RFC 9700
 */
export class IdentityProvider {
  private known: { readonly configuration: Promise<oidc.Configuration>; untilMs: number } | null = null;

  constructor(private readonly options: IdentityProviderOptions) {}

  /** @returns where to send the browser @throws AppError 'unavailable' when the provider doesn't answer */
  async begin(): Promise<{ readonly address: URL; readonly checks: LogInChecks }> {
    const configuration = await this.configuration();
    const checks = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
    };
    const address = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.options.redirectUri,
      scope: this.scopeOf(configuration),
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: 'S256',
    });
    return { address, checks };
  }

  /**
   * @param query with which the browser came back, `?code=..`
   * @throws AppError 'denied' with code `log-in-refused` when the provider, or what it says, lets nobody in; 'unavailable'
   *   when it doesn't answer
   */
  async finish(query: string, { state, nonce, verifier }: LogInChecks): Promise<Person> {
    const configuration = await this.configuration();
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, new URL(query, this.options.redirectUri), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      return personOf(tokens.claims() ?? {}, this.options.groupsClaim);
    } catch (cause) {
      throw unavailableIn(cause) ?? refusedBy(cause);
    }
  }

  /** A provider that knows a scope for groups wants to be asked for it. */
  private scopeOf(configuration: oidc.Configuration): string {
    const { scopes_supported: supported = [] } = configuration.serverMetadata();
    const isAsked = this.options.groupsClaim !== null && supported.includes('groups');
    return ['openid', 'profile', 'email', ...(isAsked ? ['groups'] : [])].join(' ');
  }

  private configuration(): Promise<oidc.Configuration> {
    const now = this.options.clock();
    if (this.known !== null && now < this.known.untilMs) return this.known.configuration;
    const known = { configuration: this.discover(), untilMs: now + rememberedMs };
    this.known = known;
    known.configuration.catch(() => {
      known.untilMs = this.options.clock() + pauseMs;
    });
    return known.configuration;
  }

  private async discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.options;
    const authentication = clientSecret === null ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
    const isInsecure = issuer.startsWith('http://');
    try {
      return await oidc.discovery(new URL(issuer), clientId, {}, authentication, {
        [oidc.customFetch]: (url, init) => this.fetch(url, init),
        // Whether http is allowed at all is the client's to say.
        execute: [oidc.enableNonRepudiationChecks, ...(isInsecure ? [oidc.allowInsecureRequests] : [])],
      });
    } catch (cause) {
      throw unavailableIn(cause) ?? unavailable(cause);
    }
  }

  private async fetch(url: string, { method, headers, body }: oidc.CustomFetchOptions): Promise<Response> {
    const text = body instanceof URLSearchParams || typeof body === 'string' ? String(body) : undefined;
    const answer = await this.options.egress.send({
      url,
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
    });
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  }
}

/** What the client for other people's servers threw, which openid-client wraps. */
function unavailableIn(cause: unknown): AppError | null {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if (isAppError(error) && (error.kind === 'unavailable' || error.kind === 'malformed')) return unavailable(error);
  }
  return null;
}

function unavailable(cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'identity-provider-unavailable',
    message: 'the identity provider does not answer',
    retryAfterSeconds: 2,
    cause,
  });
}

function refusedBy(cause: unknown): AppError {
  return new AppError({ kind: 'denied', code: 'log-in-refused', message: 'the log-in was refused', cause });
}

export const IDENTITY_PROVIDER = Symbol('IdentityProvider');

/** Nobody logs in this way here. */
export function noIdentityProvider(): AppError {
  const message = 'this installation has no identity provider';
  return new AppError({ kind: 'not-found', code: 'no-identity-provider', message });
}
