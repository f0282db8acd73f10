import type { RegistryDefinition } from '@berth/contracts';
import { AppError, isAppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { RegistryAccess, type AccountAttempt } from '../registry-access.js';
import { RegistryChanges } from '../registry-changes.js';
import type { RegistryContent } from '../registry-content.js';
import { RegistryUpdate } from '../registry-update.js';
import { RegistryStore } from '../registry.js';

/** What a registry is to be. */
export interface PutRegistryRequest {
  readonly name: string;
  readonly content: RegistryContent;
}

/** Creates a registry, or changes what is said of the one of that name. The same request twice changes nothing more. */
@Injectable()
export class PutRegistry {
  constructor(
    private readonly access: RegistryAccess,
    private readonly registries: RegistryStore,
    private readonly changes: RegistryChanges,
    private readonly update: RegistryUpdate,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'denied' (with an entry in the audit log), 'conflict' when another account has the name or it is held
   *   back, or as {@link RegistryUpdate}; 'unavailable' without Postgres
   */
  async execute(
    caller: Caller,
    { name, content }: PutRegistryRequest,
  ): Promise<{ registry: RegistryDefinition; isNew: boolean }> {
    const attempt = createAttempt(name, content);
    if (await this.isThere(caller, name))
      return { registry: await this.change(caller, attempt, content), isNew: false };
    const by = await this.access.authorizeAt(caller, attempt);
    const registry = await this.db.transaction(async (tx) =>
      this.changes.create(tx, await this.access.again(tx, by), content),
    );
    if (registry !== null) return { registry, isNew: true };
    // Either somebody of this account created it since, or it is another account's.
    if (await this.isThere(caller, name))
      return { registry: await this.change(caller, attempt, content), isNew: false };
    throw nameTaken();
  }

  /** Whoever holds nothing there and may not create one either, is refused as if there were none of that name. */
  private async change(caller: Caller, attempt: AccountAttempt, next: RegistryContent): Promise<RegistryDefinition> {
    try {
      return await this.update.execute(caller, { registry: attempt.resourceName, next });
    } catch (e) {
      if (isAppError(e) && e.code === 'no-role-assignment') await this.access.authorizeAt(caller, attempt);
      throw e;
    }
  }

  private async isThere({ account }: Caller, name: string): Promise<boolean> {
    return (await this.registries.find(this.db, account, name)) !== null;
  }
}

function createAttempt(name: string, { resourceGroup = null, region = null }: RegistryContent): AccountAttempt {
  const at = [{ registryId: null, repository: null, resourceGroup, region }];
  return { action: 'registries/create', at, resourceName: name };
}

function nameTaken(): AppError {
  return new AppError({ kind: 'conflict', code: 'name-taken', message: 'another registry has this name' });
}
