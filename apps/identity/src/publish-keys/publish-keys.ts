import { jwks } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import { OneInFlight } from '../one-in-flight.js';
import { SigningKeys } from '../signing-keys.js';

/** Shows outsiders the public keys. Services don't ask for them: they follow the topic. */
@Injectable()
export class PublishKeys {
  private readonly keys: OneInFlight<null, Awaited<ReturnType<SigningKeys['all']>>>;

  constructor(keys: SigningKeys) {
    this.keys = new OneInFlight(() => keys.all());
  }

  /** @throws AppError 'unavailable' without Postgres */
  async execute(): Promise<ReturnType<typeof jwks>> {
    return jwks(await this.keys.ask(null));
  }
}
