import type { RegistryDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';

/** One registry of the caller's account. */
@Injectable()
export class GetRegistry {
  constructor(private readonly access: RegistryAccess) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log) */
  async execute(caller: Caller, name: string): Promise<RegistryDefinition> {
    const attempt = { registry: name, action: 'registries/read', resourceName: name } as const;
    return (await this.access.authorize(caller, attempt)).registry;
  }
}
