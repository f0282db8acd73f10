import type { Queryable, Transaction } from '@berth/persistence';
import { maxApiKeys, type ApiKey, type ServiceId, type ServiceIdStore } from '../service-id.js';
import type { PrincipalPage } from '../user.js';
import { dateOrNull } from './token-row.js';

interface ServiceIdRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly status: ServiceId['status'];
  readonly version: number;
  readonly created_at: Date;
  readonly changed_at: Date;
}

interface ApiKeyRow {
  readonly id: string;
  readonly name: string | null;
  readonly sha256: Buffer;
  readonly version: number;
  readonly created_at: Date;
  readonly expires_at: Date | null;
}

const columns = 's.id, s.account, s.name, s.status, s.version, s.created_at, s.changed_at';

/** {@link ServiceIdStore} on Postgres. */
export class PostgresServiceIdStore implements ServiceIdStore {
  async find(db: Queryable, account: string, id: string): Promise<ServiceId | null> {
    const [row] = await db.query<ServiceIdRow>(
      `select ${columns} from service_id s where s.account = $1 and s.id = $2`,
      [account, id],
    );
    return row === undefined ? null : serviceOf(row);
  }

  async lock(tx: Transaction, account: string, id: string): Promise<ServiceId | null> {
    const [row] = await tx.query<ServiceIdRow>(
      `select ${columns} from service_id s where s.account = $1 and s.id = $2 for update`,
      [account, id],
    );
    return row === undefined ? null : serviceOf(row);
  }

  async page(db: Queryable, account: string, { after, limit }: PrincipalPage): Promise<ServiceId[]> {
    const rows = await db.query<ServiceIdRow>(
      `select ${columns} from service_id s where s.account = $1 and s.name > $2 order by s.name limit $3`,
      [account, after ?? '', limit],
    );
    return rows.map(serviceOf);
  }

  async insert(tx: Transaction, service: ServiceId): Promise<boolean> {
    const { id, account, name, status, version, createdAtMs, changedAtMs } = service;
    const inserted = await tx.query(
      `insert into service_id (id, account, name, status, version, created_at, changed_at)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (account, name) do nothing
       returning id`,
      [id, account, name, status, version, new Date(createdAtMs), new Date(changedAtMs)],
    );
    return inserted.length === 1;
  }

  async update(tx: Transaction, { account, id, status, version, changedAtMs }: ServiceId): Promise<void> {
    await tx.query(`update service_id set status = $3, version = $4, changed_at = $5 where account = $1 and id = $2`, [
      account,
      id,
      status,
      version,
      new Date(changedAtMs),
    ]);
  }

  async delete(tx: Transaction, { account, id }: ServiceId): Promise<void> {
    await tx.query(`delete from group_member where account = $1 and member_kind = 'service' and member_id = $2`, [
      account,
      id,
    ]);
    await tx.query(`delete from api_key where account = $1 and service_id = $2`, [account, id]);
    await tx.query(`delete from service_id where account = $1 and id = $2`, [account, id]);
  }

  async keys(db: Queryable, { account, id }: ServiceId): Promise<ApiKey[]> {
    const rows = await db.query<ApiKeyRow>(
      `select id, name, sha256, version, created_at, expires_at
         from api_key where account = $1 and service_id = $2 order by version limit $3`,
      [account, id, maxApiKeys],
    );
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      sha256: row.sha256,
      version: row.version,
      createdAtMs: row.created_at.getTime(),
      expiresAtMs: row.expires_at?.getTime() ?? null,
    }));
  }

  async insertKey(tx: Transaction, service: ServiceId, key: ApiKey): Promise<void> {
    await tx.query(
      `insert into api_key (id, service_id, account, name, sha256, version, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        key.id,
        service.id,
        service.account,
        key.name,
        key.sha256,
        key.version,
        new Date(key.createdAtMs),
        dateOrNull(key.expiresAtMs),
      ],
    );
  }

  async deleteKey(tx: Transaction, { account, id }: ServiceId, keyId: string): Promise<boolean> {
    const deleted = await tx.query(
      `delete from api_key where account = $1 and service_id = $2 and id = $3 returning id`,
      [account, id, keyId],
    );
    return deleted.length === 1;
  }
}

function serviceOf({ created_at: createdAt, changed_at: changedAt, ...rest }: ServiceIdRow): ServiceId {
  return { ...rest, createdAtMs: createdAt.getTime(), changedAtMs: changedAt.getTime() };
}
