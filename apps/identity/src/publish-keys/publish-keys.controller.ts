import { OpenToAll, Route } from '@berth/http';
import { Controller, Get, Header } from '@nestjs/common';
import { PublishKeys } from './publish-keys.js';

@Controller('.well-known/jwks.json')
export class PublishKeysController {
  constructor(private readonly publishKeys: PublishKeys) {}

  /** @source RFC 7517 section 5 */
  @Get()
  @Header('content-type', 'application/jwk-set+json')
  @Header('cache-control', 'public, max-age=300')
  @OpenToAll('public keys are public')
  @Route({ statuses: [200, 503] })
  keys(): ReturnType<PublishKeys['execute']> {
    return this.publishKeys.execute();
  }
}
