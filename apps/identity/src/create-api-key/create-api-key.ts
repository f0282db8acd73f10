import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { generateSecret, hashSecret } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { KnownServiceIds } from '../known-service-ids.js';
import { maxApiKeys, SERVICE_ID_STORE, type ApiKey, type ServiceIdStore } from '../service-id.js';
import { ServiceIdChanges } from '../service-id-changes.js';

/** Makes a further API key of a service ID; those before it go on. It is shown in the answer, once, and kept as a hash. */
@Injectable()
export class CreateApiKey {
  constructor(
    private readonly known: KnownServiceIds,
    @Inject(SERVICE_ID_STORE) private readonly services: ServiceIdStore,
    private readonly changes: ServiceIdChanges,
  ) {}

  /**
   * @throws AppError 'not-found', 'denied' (may not write service IDs, or doesn't hold all that this one has), 'conflict' with
   *   code `too-many-keys`, 'unavailable' without Postgres
   */
  async execute(
    caller: Caller,
    id: string,
    wish: Pick<ApiKey, 'name' | 'expiresAtMs'>,
  ): Promise<{ key: ApiKey; secret: string }> {
    return this.known.change(caller, { id, action: 'serviceIds/write' }, async (tx, by, service) => {
      await this.known.requireHolds(tx, by, service);
      if ((await this.services.keys(tx, service)).length >= maxApiKeys) throw tooManyKeys();
      const secret = generateSecret('brk');
      return { key: await this.changes.addKey(tx, by, { ...wish, service, sha256: hashSecret(secret) }), secret };
    });
  }
}

function tooManyKeys(): AppError {
  const message = `a service ID has at most ${maxApiKeys} API keys: delete one that nothing uses`;
  return new AppError({ kind: 'conflict', code: 'too-many-keys', message });
}
