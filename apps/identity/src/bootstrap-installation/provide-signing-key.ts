import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@berth/foundation';
import { SigningKeys } from '../signing-keys.js';

/**
 * Gives this process the keys to sign with: the installation's, or, at its very first boot, a new one. An installation's
 * first key signs at once, since no registry holds another.
 */
@Injectable()
export class ProvideSigningKey {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError 'bug' with code `other-master-key` when the key was sealed with another one, 'unavailable' without
   *   Postgres
   */
  async execute(): Promise<void> {
    const isThere = (await this.keys.load()).some(({ status }) => status === 'active');
    if (isThere) return;
    await this.keys.change(async (tx, keys) => {
      if (!keys.some(({ status }) => status === 'active')) await this.keys.make(tx, this.clock());
    });
  }
}
