import { AppError } from '@berth/errors';
import type { TokenSigner } from '@berth/tokens';

/** The key that this process signs with: none before the boot has read or made it. */
export class ActiveSigner {
  private signer: TokenSigner | null = null;

  /** Signs with this key from now on. */
  use(signer: TokenSigner): void {
    this.signer = signer;
  }

  /** @throws AppError 'unavailable' while there is no key */
  get current(): TokenSigner {
    if (this.signer !== null) return this.signer;
    throw new AppError({ kind: 'unavailable', message: 'there is no signing key yet', retryAfterSeconds: 1 });
  }
}
