import type { Queryable, Transaction } from '@berth/persistence';
import {
  fingerprintOf,
  type Federation,
  type FederationStore,
  type TrustingRule,
  type Workload,
} from '../federation.js';
import type { PrincipalPage } from '../user.js';

interface FederationRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly workload_id: string;
  readonly issuer: string;
  readonly audience: string | null;
  readonly subject: string | null;
  readonly claim_name: string | null;
  readonly claim_value: string | null;
  readonly created_at: Date;
}

interface WorkloadRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly version: number;
  readonly created_at: Date;
}

const columns = `f.id, f.account, f.name, f.workload_id, f.issuer, f.audience, f.subject, f.claim_name, f.claim_value,
  f.created_at`;

/** {@link FederationStore} on Postgres. */
export class PostgresFederationStore implements FederationStore {
  async trusting(db: Queryable, account: string, issuer: string): Promise<TrustingRule[]> {
    const rows = await db.query<FederationRow & { workload_name: string; version: number; made_at: Date }>(
      `select ${columns}, w.name as workload_name, w.version, w.created_at as made_at
         from federation f join workload w on w.id = f.workload_id
        where f.account = $1 and f.issuer = $2
        order by f.subject is null, f.created_at, f.id`,
      [account, issuer],
    );
    return rows.map((row) => {
      const { workload_id: id, workload_name: name, version, made_at: madeAt } = row;
      const workload = { id, account: row.account, name, version, createdAtMs: madeAt.getTime() };
      return { federation: federationOf(row), workload };
    });
  }

  async find(db: Queryable, account: string, id: string): Promise<Federation | null> {
    const [row] = await db.query<FederationRow>(
      `select ${columns} from federation f where f.account = $1 and f.id = $2`,
      [account, id],
    );
    return row === undefined ? null : federationOf(row);
  }

  async page(db: Queryable, account: string, { after, limit }: PrincipalPage): Promise<Federation[]> {
    const rows = await db.query<FederationRow>(
      `select ${columns} from federation f where f.account = $1 and f.name > $2 order by f.name limit $3`,
      [account, after ?? '', limit],
    );
    return rows.map(federationOf);
  }

  async count(db: Queryable, account: string): Promise<number> {
    const [row] = await db.query<{ found: number }>(`select count(*) as found from federation where account = $1`, [
      account,
    ]);
    return row?.found ?? 0;
  }

  async lockMaking(tx: Transaction, account: string): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`federations ${account}`]);
  }

  async lockWorkload(tx: Transaction, account: string, id: string): Promise<Workload | null> {
    const [row] = await tx.query<WorkloadRow>(
      `select id, account, name, version, created_at from workload where account = $1 and id = $2 for update`,
      [account, id],
    );
    if (row === undefined) return null;
    const { created_at: createdAt, ...rest } = row;
    return { ...rest, createdAtMs: createdAt.getTime() };
  }

  async insertWorkload(tx: Transaction, { id, account, name, version, createdAtMs }: Workload): Promise<void> {
    await tx.query(`insert into workload (id, account, name, version, created_at) values ($1, $2, $3, $4, $5)`, [
      id,
      account,
      name,
      version,
      new Date(createdAtMs),
    ]);
  }

  async insert(tx: Transaction, federation: Federation): Promise<'name-taken' | 'same-rule' | null> {
    const { id, account, name, workloadId, issuer, audience, subject, claim, createdAtMs } = federation;
    const fingerprint = fingerprintOf(federation);
    const inserted = await tx.query(
      `insert into federation (id, account, name, workload_id, issuer, audience, subject, claim_name, claim_value,
                               fingerprint, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       on conflict do nothing
       returning id`,
      [
        id,
        account,
        name,
        workloadId,
        issuer,
        audience,
        subject,
        claim?.name ?? null,
        claim?.value ?? null,
        fingerprint,
        new Date(createdAtMs),
      ],
    );
    if (inserted.length === 1) return null;
    const same = await tx.query(`select id from federation where account = $1 and fingerprint = $2`, [
      account,
      fingerprint,
    ]);
    return same.length === 0 ? 'name-taken' : 'same-rule';
  }

  async delete(tx: Transaction, { account, id }: Federation): Promise<boolean> {
    const deleted = await tx.query(`delete from federation where account = $1 and id = $2 returning id`, [account, id]);
    return deleted.length === 1;
  }

  async settleWorkload(tx: Transaction, { account, id, version }: Workload): Promise<void> {
    const left = await tx.query(`select id from federation where account = $1 and workload_id = $2 limit 1`, [
      account,
      id,
    ]);
    if (left.length === 0) await tx.query(`delete from workload where account = $1 and id = $2`, [account, id]);
    else await tx.query(`update workload set version = $3 where account = $1 and id = $2`, [account, id, version]);
  }
}

function federationOf(row: FederationRow): Federation {
  const { claim_name: name, claim_value: value } = row;
  return {
    id: row.id,
    account: row.account,
    name: row.name,
    workloadId: row.workload_id,
    issuer: row.issuer,
    audience: row.audience,
    subject: row.subject,
    claim: name === null || value === null ? null : { name, value },
    createdAtMs: row.created_at.getTime(),
  };
}
