import { OpenToAll, Route } from '@berth/http';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { tokenExchange } from '../presented-credential.js';
import { SETTINGS, type Settings } from '../settings.js';

/** What identity is to a client of OpenID Connect. */
interface DiscoveryDocument {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly grant_types_supported: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly subject_types_supported: readonly string[];
  readonly id_token_signing_alg_values_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly claims_supported: readonly string[];
}

@Controller('.well-known/openid-configuration')
export class PublishDiscoveryController {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /**
   * Lets others check tokens of ours: every address in it is configuration, never the request's Host. There is no
   * authorization endpoint, because Berth tells no other program who somebody is.
   *
   * @source OpenID Connect Discovery 1.0 section 3; RFC 8414 section 2
   */
  @Get()
  @Header('cache-control', 'public, max-age=300')
  @OpenToAll('public addresses are public')
  @Route({ statuses: [200] })
  document(): DiscoveryDocument {
    const { publicUrl, tokenRealm } = this.settings;
    return {
      issuer: publicUrl,
      token_endpoint: tokenRealm,
      jwks_uri: `${publicUrl}/.well-known/jwks.json`,
      grant_types_supported: ['password', 'refresh_token', tokenExchange],
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: ['none'],
      claims_supported: ['iss', 'sub', 'name', 'acct', 'aud', 'rid', 'iat', 'nbf', 'exp', 'jti', 'ver', 'access'],
    };
  }
}
