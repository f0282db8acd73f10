import type { SigningKey } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { jwks } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { OneInFlight } from '../one-in-flight.js';
import { SIGNING_KEY_STORE, type SigningKeyStore } from '../signing-key.js';

/** Shows outsiders the public keys. Services don't ask for them: they follow the topic. */
@Injectable()
export class PublishKeys {
  private readonly keys: OneInFlight<null, SigningKey[]>;

  constructor(db: Database, @Inject(SIGNING_KEY_STORE) store: SigningKeyStore) {
    this.keys = new OneInFlight(() => store.all(db));
  }

  /** @throws AppError 'unavailable' without Postgres */
  async execute(): Promise<ReturnType<typeof jwks>> {
    return jwks(await this.keys.ask(null));
  }
}
