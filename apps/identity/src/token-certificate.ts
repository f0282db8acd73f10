import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import type { Epochs, TokenCredential } from './credential.js';
import type { RepositoryToken, SlotNumber } from './repository-token.js';

/** A certificate with which a client logs in as a repository token, as it is kept. Times are epoch milliseconds. */
export interface TokenCertificate {
  readonly slot: SlotNumber;
  /** Over the whole DER. */
  readonly sha256: Buffer;
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** `certificate:<token id>/<slot>` in the `ver` of an access token. */
  readonly version: number;
  readonly createdAtMs: number;
}

/** A certificate as it is presented at a registry. */
export interface CertificateQuestion {
  readonly registryId: string;
  readonly sha256: Buffer;
}

/** Whose certificate it is. */
export interface CertificateLogIn {
  readonly token: TokenCredential;
  readonly certificate: TokenCertificate;
}

export const TOKEN_CERTIFICATE_STORE = Symbol('TokenCertificateStore');

/** Certificates of tokens; a registry has each of them on one token at most. */
export interface TokenCertificateStore {
  /** Both slots of a token. */
  of(db: Queryable, token: RepositoryToken): Promise<TokenCertificate[]>;
  /** @returns false when another slot or token of the registry has it: the transaction must be given up then */
  put(tx: Transaction, token: RepositoryToken, certificate: TokenCertificate): Promise<boolean>;
  /** @returns false when there is none in that slot */
  delete(tx: Transaction, token: RepositoryToken, slot: SlotNumber): Promise<boolean>;
  /** Of one snapshot; not bound to an account, keyed by the id of a registry that is known here. Reads the primary. */
  logIns(
    asked: readonly CertificateQuestion[],
  ): Promise<{ epochs: Epochs; found: (question: CertificateQuestion) => CertificateLogIn | null }>;
}

export function noSuchCertificate(slot: SlotNumber): AppError {
  return new AppError({ kind: 'not-found', code: 'no-certificate', message: `the token has no certificate ${slot}` });
}
