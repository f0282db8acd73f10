import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import type { ClientCertificate } from './client-certificate.js';
import { raiseMinima } from './raise-minima.js';
import { factsOf, type Authorized } from './registry-access.js';
import { Report } from './report.js';
import type { RepositoryToken, SlotNumber } from './repository-token.js';
import {
  noSuchCertificate,
  TOKEN_CERTIFICATE_STORE,
  type TokenCertificate,
  type TokenCertificateStore,
} from './token-certificate.js';

/**
 * Every change of a token's certificates, each one step of a transaction. A certificate that is replaced or deleted raises
 * the minimum of `certificate:<token id>/<slot>`; the other one and the passwords go on.
 *
 * @source architecture "Versions, minima, incarnations"
 */
@Injectable()
export class CertificateChanges {
  constructor(
    private readonly outbox: Outbox,
    @Inject(TOKEN_CERTIFICATE_STORE) private readonly certificates: TokenCertificateStore,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The certificate that is there already changes nothing. @throws AppError 'conflict' when another token has it */
  async put(
    tx: Transaction,
    by: Authorized,
    { token, slot, given }: { token: RepositoryToken; slot: SlotNumber; given: ClientCertificate },
  ): Promise<TokenCertificate> {
    const before = (await this.certificates.of(tx, token)).find((each) => each.slot === slot);
    if (before?.sha256.equals(given.sha256) === true) return before;
    const version = await this.outbox.nextVersion(tx);
    const certificate: TokenCertificate = { ...given, slot, version, createdAtMs: this.clock() };
    if (!(await this.certificates.put(tx, token, certificate))) {
      const message = 'a token of this registry has this certificate already';
      throw new AppError({ kind: 'conflict', code: 'certificate-taken', message });
    }
    await this.tell(tx, by, { token, asked: `certificate ${slot} set` });
    if (before !== undefined) await this.raise(tx, token, { slot, version });
    return certificate;
  }

  /** @throws AppError 'not-found' when there is none in that slot */
  async delete(
    tx: Transaction,
    by: Authorized,
    { token, slot }: { token: RepositoryToken; slot: SlotNumber },
  ): Promise<void> {
    if (!(await this.certificates.delete(tx, token, slot))) throw noSuchCertificate(slot);
    const version = await this.outbox.nextVersion(tx);
    await this.tell(tx, by, { token, asked: `certificate ${slot} deleted` });
    await this.raise(tx, token, { slot, version });
  }

  private async tell(
    tx: Transaction,
    by: Authorized,
    { token, asked }: { token: RepositoryToken; asked: string },
  ): Promise<void> {
    const { decidedBy } = by;
    await this.report.changed(tx, 'updated', { ...factsOf(by), decidedBy, resource: `token:${token.id}`, asked });
  }

  private async raise(
    tx: Transaction,
    { id, account }: RepositoryToken,
    { slot, version }: { slot: SlotNumber; version: number },
  ): Promise<void> {
    const subjects = [`certificate:${id}/${slot}`];
    await raiseMinima(this.outbox, tx, { subjects, account, version, atMs: this.clock() });
  }
}
