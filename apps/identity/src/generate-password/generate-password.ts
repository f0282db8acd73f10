import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { generateSecret, hashSecret } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { requireNotPersonal } from '../personal-token.js';
import { RegistryAccess } from '../registry-access.js';
import { noSuchToken, TOKEN_STORE, type SlotNumber, type TokenStore } from '../repository-token.js';
import { ScopeMapChoice } from '../scope-map-choice.js';
import { TokenChanges } from '../token-changes.js';

/** Which password of which token, and until when. */
export interface GeneratePasswordRequest {
  readonly registry: string;
  readonly name: string;
  readonly slot: SlotNumber;
  /** Epoch milliseconds, in the future; null = as long as the token. */
  readonly expiresAtMs: number | null;
}

/** Generates one of a token's two passwords anew. It is shown in the answer, once, and kept only as a hash. */
@Injectable()
export class GeneratePassword {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly changes: TokenChanges,
    private readonly db: Database,
  ) {}

  /**
   * @returns the password
   * @throws AppError 'not-found' (registry, token), 'denied' (may not write tokens, or doesn't hold all that the token
   *   has), 'conflict' with code `personal-token` for somebody's own, 'unavailable' without Postgres
   */
  async execute(caller: Caller, request: GeneratePasswordRequest): Promise<string> {
    const { registry, name, slot, expiresAtMs } = request;
    const by = await this.access.authorize(caller, { registry, action: 'tokens/write', resourceName: name });
    const password = generateSecret('brt');
    await this.db.transaction(async (tx) => {
      const before = await this.tokens.lock(tx, caller.account, { registryId: by.registry.id, name });
      if (before === null) throw noSuchToken();
      requireNotPersonal(before);
      await this.access.requireHeld(by, this.scopeMaps.of(before));
      const kept = { slot, expiresAtMs, sha256: hashSecret(password) };
      await this.changes.setPassword(tx, by, { before, password: kept });
    });
    return password;
  }
}
