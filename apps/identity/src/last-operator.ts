import { AppError } from '@berth/errors';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { USER_STORE, type User, type UserStore } from './user.js';

/** Keeps an installation from being locked out of itself. */
@Injectable()
export class LastOperator {
  constructor(@Inject(USER_STORE) private readonly users: UserStore) {}

  /** @throws AppError 'conflict' with code `last-operator` when this is the only platform operator who may log in */
  async requireAnother(tx: Transaction, { id, operator }: User): Promise<void> {
    if (!operator || (await this.users.hasOtherOperator(tx, id))) return;
    const message = 'this is the last platform operator: there must be another one first';
    throw new AppError({ kind: 'conflict', code: 'last-operator', message });
  }
}
