import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { TokenSigner } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';

/** A key, and from when on it signs. */
export interface ScheduledSigner {
  readonly kid: string;
  readonly signer: TokenSigner;
  /** Epoch milliseconds. */
  readonly signsFromMs: number;
}

/** The keys that this process may sign with: none before the boot has read or made one. */
@Injectable()
export class ActiveSigner {
  private scheduled: readonly ScheduledSigner[] = [];

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** The keys that may sign from now on. */
  use(signers: readonly ScheduledSigner[]): void {
    this.scheduled = [...signers].sort((a, b) => b.signsFromMs - a.signsFromMs);
  }

  /** The signer of a key that is here already: a private half is unsealed once. */
  signerOf(kid: string): TokenSigner | null {
    return this.scheduled.find((each) => each.kid === kid)?.signer ?? null;
  }

  /**
   * The key to sign with now: the last that has begun. If none has, by a clock that was set back, the first of them.
   *
   * @throws AppError 'unavailable' while there is no key
   */
  get current(): TokenSigner {
    const now = this.clock();
    const signing = this.scheduled.find(({ signsFromMs }) => signsFromMs <= now) ?? this.scheduled.at(-1);
    if (signing !== undefined) return signing.signer;
    throw new AppError({ kind: 'unavailable', message: 'there is no signing key yet', retryAfterSeconds: 1 });
  }
}
