import { isUniqueViolation, type Database, type Queryable, type Transaction } from '@berth/persistence';
import type { Epochs } from '../credential.js';
import type { RepositoryToken, SlotNumber } from '../repository-token.js';
import type {
  CertificateLogIn,
  CertificateQuestion,
  TokenCertificate,
  TokenCertificateStore,
} from '../token-certificate.js';
import { bothEpochs, credentialsIn, type CredentialRow } from './credential.store.js';
import { ownerFacts } from './principal-facts.js';
import { tokenColumns } from './token-row.js';

interface CertificateRow {
  readonly certificate_slot: SlotNumber;
  readonly certificate_sha256: Buffer;
  readonly subject: string;
  readonly not_before: Date;
  readonly not_after: Date;
  readonly certificate_version: number;
  readonly certificate_created_at: Date;
}

const columns = `c.slot as certificate_slot, c.sha256 as certificate_sha256, c.subject, c.not_before, c.not_after,
  c.version as certificate_version, c.created_at as certificate_created_at`;

const logInsOf = {
  name: 'identity-certificate-log-ins',
  text: `select e.definitions, e.deletions, ${tokenColumns}, ${ownerFacts} as owner_now, ${columns}
           from ${bothEpochs}
           left join (
             unnest($1::uuid[], $2::bytea[]) as asked (registry_id, sha256)
             join token_certificate c on c.registry_id = asked.registry_id and c.sha256 = asked.sha256
             join token t on t.id = c.token_id
             left join token_password p on p.token_id = t.id
           ) on true`,
};

/** {@link TokenCertificateStore} on Postgres. */
export class PostgresTokenCertificateStore implements TokenCertificateStore {
  constructor(private readonly db: Database) {}

  async of(db: Queryable, { account, id }: RepositoryToken): Promise<TokenCertificate[]> {
    const rows = await db.query<CertificateRow>(
      `select ${columns} from token_certificate c where c.account = $1 and c.token_id = $2 order by c.slot`,
      [account, id],
    );
    return rows.map(certificateOf);
  }

  async put(
    tx: Transaction,
    { account, registryId, id }: RepositoryToken,
    certificate: TokenCertificate,
  ): Promise<boolean> {
    const { slot, sha256, subject, notBeforeMs, notAfterMs, version, createdAtMs } = certificate;
    const times = [new Date(notBeforeMs), new Date(notAfterMs), version, new Date(createdAtMs)];
    try {
      await tx.query(
        `insert into token_certificate (token_id, slot, account, registry_id, sha256, subject, not_before, not_after, version,
                                        created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (token_id, slot) do update
           set sha256 = excluded.sha256, subject = excluded.subject, not_before = excluded.not_before,
               not_after = excluded.not_after, version = excluded.version, created_at = excluded.created_at`,
        [id, slot, account, registryId, sha256, subject, ...times],
      );
      return true;
    } catch (e) {
      if (isUniqueViolation(e, 'token_certificate_sha256')) return false;
      throw e;
    }
  }

  async delete(tx: Transaction, { account, id }: RepositoryToken, slot: SlotNumber): Promise<boolean> {
    const deleted = await tx.query(
      `delete from token_certificate where account = $1 and token_id = $2 and slot = $3 returning slot`,
      [account, id, slot],
    );
    return deleted.length === 1;
  }

  async logIns(
    asked: readonly CertificateQuestion[],
  ): Promise<{ epochs: Epochs; found: (question: CertificateQuestion) => CertificateLogIn | null }> {
    const rows = await this.db.prepared<Epochs & ((CredentialRow & CertificateRow) | { readonly id: null })>(logInsOf, [
      asked.map(({ registryId }) => registryId),
      asked.map(({ sha256 }) => sha256),
    ]);
    const [{ definitions, deletions } = { definitions: 0, deletions: 0 }] = rows;
    const known = rows.flatMap((row) => (row.id === null ? [] : [row]));
    const tokens = new Map(credentialsIn(known).map((token) => [token.id, token]));
    const logIns = new Map<string, CertificateLogIn>();
    for (const row of known) {
      const token = tokens.get(row.id);
      const place = { registryId: row.registry_id, sha256: row.certificate_sha256 };
      if (token !== undefined) logIns.set(placeOf(place), { token, certificate: certificateOf(row) });
    }
    return { epochs: { definitions, deletions }, found: (question) => logIns.get(placeOf(question)) ?? null };
  }
}

function placeOf({ registryId, sha256 }: CertificateQuestion): string {
  return `${registryId}/${sha256.toString('hex')}`;
}

function certificateOf(row: CertificateRow): TokenCertificate {
  return {
    slot: row.certificate_slot,
    sha256: row.certificate_sha256,
    subject: row.subject,
    notBeforeMs: row.not_before.getTime(),
    notAfterMs: row.not_after.getTime(),
    version: row.certificate_version,
    createdAtMs: row.certificate_created_at.getTime(),
  };
}
