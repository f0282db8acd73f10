import { signingKeyChanged, type SigningKey } from '@berth/contracts';
import { AppError, isAppError } from '@berth/errors';
import { Outbox } from '@berth/messaging';
import { Database, type Transaction } from '@berth/persistence';
import { exportPrivateKey, generateSigningKey, importPrivateKey, open, seal, TokenSigner } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { ActiveSigner } from '../active-signer.js';
import { CLOCK, type Clock } from '@berth/foundation';
import { SIGNING_KEY_STORE, signingKeyAad, type SigningKeyStore, type StoredSigningKey } from '../signing-key.js';

/**
 * Gives this process the key to sign with: the installation's, or, at its very first boot, a new one. An installation's
 * first key signs at once, since no registry holds another; it is published in the transaction that stores it. The
 * private half is stored only sealed with the master key.
 */
@Injectable()
export class ProvideSigningKey {
  constructor(
    private readonly db: Database,
    @Inject(SIGNING_KEY_STORE) private readonly keys: SigningKeyStore,
    private readonly outbox: Outbox,
    private readonly signer: ActiveSigner,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param masterKey 32 bytes, the same for all replicas
   * @throws AppError 'bug' with code `other-master-key` when the key was sealed with another one, 'unavailable' without
   *   Postgres
   */
  async execute(masterKey: Buffer): Promise<void> {
    const key = (await this.keys.active(this.db)) ?? (await this.db.transaction((tx) => this.makeFirst(tx, masterKey)));
    this.signer.use(new TokenSigner(unseal(masterKey, key)));
  }

  private async makeFirst(tx: Transaction, masterKey: Buffer): Promise<StoredSigningKey> {
    await this.keys.lockAll(tx);
    const made = await this.keys.active(tx);
    if (made !== null) return made;
    const { kid, publicJwk, privateKey } = generateSigningKey();
    const key: SigningKey = {
      kid,
      alg: 'ES256',
      publicJwk,
      status: 'active',
      version: await this.outbox.nextVersion(tx),
      changedAt: new Date(this.clock()).toISOString(),
    };
    const plaintext = exportPrivateKey(privateKey);
    const stored = { ...key, privateKeySealed: seal({ masterKey, aad: signingKeyAad(kid), plaintext }) };
    plaintext.fill(0);
    await this.keys.insert(tx, stored);
    await this.outbox.publish(tx, signingKeyChanged, key);
    return stored;
  }
}

function unseal(masterKey: Buffer, { kid, privateKeySealed }: StoredSigningKey) {
  try {
    const der = open({ masterKey, aad: signingKeyAad(kid), sealed: privateKeySealed });
    return importPrivateKey(der);
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
