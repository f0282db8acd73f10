import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { noSuchToken, TOKEN_STORE, type SlotNumber, type TokenStore } from '../repository-token.js';
import { TokenChanges } from '../token-changes.js';

/** Deletes one of a token's passwords; the other one and what was issued with it go on. */
@Injectable()
export class DeletePassword {
  constructor(
    private readonly access: RegistryAccess,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly changes: TokenChanges,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry, token, no password in that slot), 'denied', 'unavailable' without Postgres */
  async execute(
    caller: Caller,
    { registry, name, slot }: { registry: string; name: string; slot: SlotNumber },
  ): Promise<void> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/write', resourceName: name });
    await this.db.transaction(async (tx) => {
      const before = await this.tokens.lock(tx, caller.account, { registryId: by.registry.id, name });
      if (before === null) throw noSuchToken();
      if (!before.passwords.some((password) => password.slot === slot)) {
        throw new AppError({ kind: 'not-found', code: 'no-password', message: `the token has no password ${slot}` });
      }
      await this.changes.removePassword(tx, by, { before, slot });
    });
  }
}
