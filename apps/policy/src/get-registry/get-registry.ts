import type { RegistryDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { DeletionAccess } from '../deletion-access.js';

/** One registry of the caller's account, also while it is being deleted. */
@Injectable()
export class GetRegistry {
  constructor(private readonly access: DeletionAccess) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log) */
  async execute(caller: Caller, name: string): Promise<{ registry: RegistryDefinition; isDeleting: boolean }> {
    return this.access.authorize(caller, { registry: name, namespace: null, action: 'registries/read' });
  }
}
