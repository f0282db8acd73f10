import { signingKeyChanged, type SigningKey } from '@berth/contracts';
import { AppError, isAppError } from '@berth/errors';
import type { Clock } from '@berth/foundation';
import type { Outbox } from '@berth/messaging';
import type { Database, Transaction } from '@berth/persistence';
import { exportPrivateKey, generateSigningKey, importPrivateKey, open, seal, TokenSigner } from '@berth/tokens';
import type { ActiveSigner } from './active-signer.js';
import { signingKeyAad, type SigningKeyStore, type StoredSigningKey } from './signing-key.js';

export interface SigningKeysOptions {
  readonly db: Database;
  readonly store: SigningKeyStore;
  readonly outbox: Outbox;
  readonly signer: ActiveSigner;
  readonly clock: Clock;
  /** 32 bytes, the same for all replicas. */
  readonly masterKey: Buffer;
}

/**
 * The keys of the installation: a table that all replicas share, and what this process signs with. Every change is
 * published in the transaction that stores it. Private halves are stored only sealed with the master key.
 */
export class SigningKeys {
  constructor(private readonly options: SigningKeysOptions) {}

  all(): Promise<StoredSigningKey[]> {
    return this.options.store.all(this.options.db);
  }

  /** Runs a change of keys, one at a time in the installation, and signs by what it left. */
  async change<Result>(
    decide: (tx: Transaction, keys: readonly StoredSigningKey[]) => Promise<Result>,
  ): Promise<Result> {
    const { db, store } = this.options;
    const result = await db.transaction(async (tx) => {
      await store.lockAll(tx);
      return decide(tx, await store.all(tx));
    });
    await this.load();
    return result;
  }

  /** Makes a key that signs from then on. */
  async make(tx: Transaction, signsFromMs: number): Promise<StoredSigningKey> {
    const { masterKey, store } = this.options;
    const { kid, publicJwk, privateKey } = generateSigningKey();
    const plaintext = exportPrivateKey(privateKey);
    const privateKeySealed = seal({ masterKey, aad: signingKeyAad(kid), plaintext });
    plaintext.fill(0);
    const key: SigningKey = { kid, alg: 'ES256', publicJwk, status: 'active', ...(await this.changed(tx)) };
    const stored = { ...key, privateKeySealed, signsFromMs };
    await store.insert(tx, stored);
    await this.publish(tx, stored);
    return stored;
  }

  /** Gives a key its next state; a revoked one loses its private half. */
  async move(
    tx: Transaction,
    key: StoredSigningKey,
    to: Pick<StoredSigningKey, 'status'> & Partial<Pick<StoredSigningKey, 'signsFromMs'>>,
  ): Promise<StoredSigningKey> {
    const privateKeySealed = to.status === 'revoked' ? null : key.privateKeySealed;
    const moved = { ...key, ...to, privateKeySealed, ...(await this.changed(tx)) };
    await this.options.store.update(tx, moved);
    await this.publish(tx, moved);
    return moved;
  }

  /**
   * Signs by the table as it is now.
   *
   * @throws AppError 'bug' with code `other-master-key` when a key was sealed with another one, 'unavailable' without
   *   Postgres
   */
  async load(): Promise<StoredSigningKey[]> {
    const { signer } = this.options;
    const keys = await this.all();
    const scheduled = keys.flatMap((key) => {
      const { kid, status, signsFromMs, privateKeySealed } = key;
      if (status !== 'active' || privateKeySealed === null) return [];
      return [{ kid, signsFromMs, signer: signer.signerOf(kid) ?? this.unsealed(kid, privateKeySealed) }];
    });
    signer.use(scheduled);
    return keys;
  }

  private async changed(tx: Transaction): Promise<Pick<SigningKey, 'version' | 'changedAt'>> {
    const { outbox, clock } = this.options;
    return { version: await outbox.nextVersion(tx), changedAt: new Date(clock()).toISOString() };
  }

  private async publish(tx: Transaction, key: StoredSigningKey): Promise<void> {
    const { kid, alg, publicJwk, status, version, changedAt } = key;
    await this.options.outbox.publish(tx, signingKeyChanged, { kid, alg, publicJwk, status, version, changedAt });
  }

  private unsealed(kid: string, sealed: Buffer): TokenSigner {
    try {
      return new TokenSigner(
        importPrivateKey(open({ masterKey: this.options.masterKey, aad: signingKeyAad(kid), sealed })),
      );
    } catch (e) {
      if (!isAppError(e) || e.code !== 'other-master-key') throw e;
      throw new AppError({
        kind: 'bug',
        code: e.code,
        message: 'the signing key was sealed with another master key: set BERTH_MASTER_KEY_FILE to the one used before',
        cause: e,
      });
    }
  }
}
