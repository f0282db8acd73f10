import { AppError } from '@berth/errors';
import type { RepositoryName } from '@berth/oci';
import { Database, type Queryable, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import {
  namespaceIn,
  outdatedTokenLifeMs,
  RepositoryStore,
  type NamePage,
  type NameSelection,
  type Repository,
  type RepositoryAddress,
  type RepositoryDeletion,
  type RepositoryOpening,
} from '../repository.js';
import { beginCounters } from './usage-counters.js';

interface OpenedRow {
  readonly id: string | null;
  readonly deleted_version: number | null;
  readonly deleted_at: Date | null;
}

/** Repositories in Postgres. */
@Injectable()
export class PostgresRepositoryStore extends RepositoryStore {
  constructor(private readonly db: Database) {
    super();
  }

  async find(db: Queryable, address: RepositoryAddress): Promise<Repository | null> {
    const [row] = await db.query<{ id: string }>(`select id from repository where registry_id = $1 and name = $2`, [
      address.registryId,
      address.name,
    ]);
    return row === undefined ? null : { ...address, id: row.id };
  }

  async findFor(tx: Transaction, opening: RepositoryOpening): Promise<Repository | null> {
    const known = await readOpened(tx, opening.address);
    return known.id === null || isOutdated(known, opening) ? null : { ...opening.address, id: known.id };
  }

  async open(tx: Transaction, opening: RepositoryOpening): Promise<Repository | null> {
    const { address, at } = opening;
    const known = await readOpened(tx, address);
    if (isOutdated(known, opening)) return null;
    if (known.id !== null) return { ...address, id: known.id };
    await tx.query(
      `insert into repository (id, account, registry_id, name, created_at) values ($1, $2, $3, $4, $5)
       on conflict (registry_id, name) do nothing`,
      [v7(), address.account, address.registryId, address.name, at],
    );
    await beginCounters(tx, { ...address, namespace: namespaceIn(address.name) });
    const made = await readOpened(tx, address);
    if (isOutdated(made, opening)) return null;
    // Deleted between the two statements: whoever pushes comes again.
    if (made.id === null)
      throw new AppError({ kind: 'unavailable', message: 'deleted just now', retryAfterSeconds: 1 });
    return { ...address, id: made.id };
  }

  async raiseVersion(tx: Transaction, { id }: Repository): Promise<void> {
    await tx.query(`update repository set version = version + 1 where id = $1`, [id]);
  }

  async detach(tx: Transaction, { address, version, at }: RepositoryDeletion): Promise<Repository | null> {
    const { registryId, name, account } = address;
    const [detached] = await tx.query<{ id: string }>(
      `update repository set name = null, namespace = split_part(name, '/', 1), detached_at = $3
        where registry_id = $1 and name = $2 returning id`,
      [registryId, name, at],
    );
    if (detached === undefined) return null;
    await tx.query(
      `insert into repository_deletion as known (registry_id, name, account, version, deleted_at)
       values ($1, $2, $3, $4, $5)
       on conflict (registry_id, name) do update set version = excluded.version, deleted_at = excluded.deleted_at
        where known.version < excluded.version`,
      [registryId, name, account, version, at],
    );
    return { ...address, id: detached.id };
  }

  async names(
    { registryId, account }: Pick<RepositoryAddress, 'account' | 'registryId'>,
    selection: NameSelection | null,
    { limit, after }: NamePage,
  ): Promise<readonly RepositoryName[]> {
    const from = selection === null ? everyName : selectedNames;
    const chosen = selection === null ? [] : [selection.exact, selection.prefixes, selection.allButNamespaces ?? null];
    const rows = await this.db.query<{ name: RepositoryName }>(from, [
      registryId,
      account,
      after ?? '',
      limit,
      ...chosen,
    ]);
    return rows.map(({ name }) => name);
  }
}

const everyName = `select name from repository
  where registry_id = $1 and account = $2 and name > $3 order by name limit $4`;

/** Each prefix is one range of the index; the character behind it is above all that a name may have. */
const selectedNames = `select name from (
    select name from repository where registry_id = $1 and account = $2 and name > $3 and name = any($5)
    union
    select found.name from unnest($6::text[]) as prefix
     cross join lateral (
       select name from repository
        where registry_id = $1 and account = $2 and name > $3 and name >= prefix and name < prefix || '~'
        order by name limit $4) found
    union
    (select name from repository
      where $7::text[] is not null and registry_id = $1 and account = $2 and name > $3
        and split_part(name, '/', 1) <> all ($7)
      order by name limit $4)) all_names
  order by name limit $4`;

/** What stands under the name now, held until the transaction ends, and whether it was deleted before. */
async function readOpened(tx: Transaction, { registryId, name }: RepositoryAddress): Promise<OpenedRow> {
  const [row] = await tx.query<OpenedRow>(
    `select id, d.version as deleted_version, d.deleted_at
       from (select $1::uuid as registry_id, $2::text as name) w
       left join repository_deletion d on d.registry_id = w.registry_id and d.name = w.name
       left join lateral (
         select id from repository r where r.registry_id = $1 and r.name = $2 for key share) r on true`,
    [registryId, name],
  );
  return row ?? { id: null, deleted_version: null, deleted_at: null };
}

function isOutdated({ deleted_version, deleted_at }: OpenedRow, { incarnation, at }: RepositoryOpening): boolean {
  if (deleted_version === null || deleted_at === null || incarnation >= deleted_version) return false;
  return at.getTime() - deleted_at.getTime() < outdatedTokenLifeMs;
}
