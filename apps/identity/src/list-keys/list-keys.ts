import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { OperatorAccess } from '../operator-access.js';
import type { StoredSigningKey } from '../signing-key.js';
import { SigningKeys } from '../signing-keys.js';

/** Shows platform operators which keys there are and which of them signs. */
@Injectable()
export class ListKeys {
  constructor(
    private readonly keys: SigningKeys,
    private readonly access: OperatorAccess,
  ) {}

  /** @throws AppError 'denied' for who is no operator, 'unavailable' without Postgres */
  async execute(caller: Caller): Promise<StoredSigningKey[]> {
    await this.access.authorize(caller, 'settings/read', 'signing-keys');
    return this.keys.all();
  }
}
