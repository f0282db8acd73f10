import { parseBlobKey, type BlobKey } from '@berth/blob-store';
import type { DigestAlgorithm } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';
import {
  UploadStore,
  type BegunWriting,
  type GivenUpUploads,
  type NewUpload,
  type Upload,
  type UploadClaim,
  type UploadWriter,
  type UploadWriting,
} from '../upload.js';
import { doomKeys } from './doomed-keys.js';
import { giveBack, giveBackForgotten, giveBackSpare, type ReturnedBytes } from './reserved-bytes.js';

interface UploadRow {
  readonly key: string;
  readonly algorithm: DigestAlgorithm;
  readonly offset_bytes: number;
  readonly reserved_bytes: number;
  readonly token_id: string | null;
}

interface EndedRow extends ReturnedBytes {
  readonly key: string;
}

/** What whoever ends an upload must know of it. */
const ended = 'key, account, registry_id, repository, reserved_bytes as bytes';

/** Uploads in progress in Postgres. */
export class PostgresUploadStore extends UploadStore {
  /** Uploads that begin in the same moment may be a few more than allowed. */
  async insert(db: Queryable, { upload, at, writing, maxOpen }: NewUpload): Promise<boolean> {
    const { id, address, principal, key, algorithm, offset, tokenId } = upload;
    const rows = await db.query(
      `insert into upload (id, account, registry_id, repository, principal, key, algorithm, offset_bytes,
                           started_at, touched_at, token_id, writer, writer_instance, lease_until)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13
        where (select count(*) from (
                 select 1 from upload where registry_id = $3 and principal = $5 limit $14) open) < $14
       returning id`,
      [
        ...[id, address.account, address.registryId, address.name, principal, key, algorithm, offset, at, tokenId],
        ...[writing?.writer ?? null, writing?.instance ?? null, writing?.leaseUntil ?? null, maxOpen],
      ],
    );
    return rows.length === 1;
  }

  async find(db: Queryable, claim: UploadClaim): Promise<Upload | null> {
    if (!isUuid(claim.id)) return null;
    const [row] = await db.query<UploadRow>(
      `select key, algorithm, offset_bytes, reserved_bytes, token_id
         from upload
        where id = $1 and registry_id = $2 and repository = $3 and principal = $4`,
      [claim.id, claim.address.registryId, claim.address.name, claim.principal],
    );
    if (row === undefined) return null;
    return {
      ...{ id: claim.id, address: claim.address, principal: claim.principal },
      key: parseBlobKey(row.key),
      algorithm: row.algorithm,
      offset: row.offset_bytes,
      reservedBytes: row.reserved_bytes,
      tokenId: row.token_id,
    };
  }

  async beginWriting(db: Queryable, writing: UploadWriting): Promise<BegunWriting | null> {
    const { upload, writer, instance, at, leaseUntil, tokenId } = writing;
    const [row] = await db.query<Pick<UploadRow, 'key' | 'reserved_bytes'> & { is_taken_over: boolean }>(
      `with free as (
         select id, writer is not null as is_taken_over from upload
          where id = $1 and offset_bytes = $2
            and (writer is null or coalesce(lease_until, '-infinity') <= $5) for update)
       update upload
          set writer = $3, writer_instance = $4, touched_at = $5, lease_until = $6, token_id = $7
         from free where upload.id = free.id
       returning upload.key, upload.reserved_bytes, free.is_taken_over`,
      [upload.id, upload.offset, writer, instance, at, leaseUntil, tokenId],
    );
    if (row === undefined) return null;
    return { key: parseBlobKey(row.key), isTakenOver: row.is_taken_over, reservedBytes: row.reserved_bytes };
  }

  async renewLease(
    db: Queryable,
    { upload, writer }: UploadWriter,
    { at, until }: { at: Date; until: Date },
  ): Promise<boolean> {
    const rows = await db.query(
      `update upload set touched_at = $3, lease_until = $4 where id = $1 and writer = $2 returning id`,
      [upload.id, writer, at, until],
    );
    return rows.length === 1;
  }

  async endWriting(
    db: Queryable,
    { upload, writer }: UploadWriter,
    { offset, at }: { offset: number; at: Date },
  ): Promise<boolean> {
    const rows = await db.query(
      `update upload
          set writer = null, writer_instance = null, lease_until = null, offset_bytes = $3, touched_at = $4
        where id = $1 and writer = $2
        returning id`,
      [upload.id, writer, offset, at],
    );
    return rows.length === 1;
  }

  async abandonWriting(db: Queryable, { upload, writer }: UploadWriter, at: Date): Promise<void> {
    await db.query(`update upload set lease_until = $3, touched_at = $3 where id = $1 and writer = $2`, [
      upload.id,
      writer,
      at,
    ]);
  }

  async moveTo(
    tx: Transaction,
    { upload, writer }: UploadWriter,
    { key, at }: { key: BlobKey; at: Date },
  ): Promise<boolean> {
    const rows = await tx.query(`update upload set key = $3 where id = $1 and writer = $2 returning id`, [
      upload.id,
      writer,
      key,
    ]);
    if (rows.length === 1) await doomKeys(tx, [upload.key], at);
    return rows.length === 1;
  }

  async delete(tx: Transaction, { upload, writer }: UploadWriter): Promise<number | null> {
    const [row] = await tx.query<Pick<UploadRow, 'reserved_bytes'>>(
      `delete from upload where id = $1 and writer = $2 returning reserved_bytes`,
      [upload.id, writer],
    );
    return row?.reserved_bytes ?? null;
  }

  async discard(tx: Transaction, { upload, writer }: UploadWriter, at: Date): Promise<boolean> {
    const rows = await tx.query<EndedRow>(`delete from upload where id = $1 and writer = $2 returning ${ended}`, [
      upload.id,
      writer,
    ]);
    await doomKeys(tx, keysOf(rows), at);
    await giveBack(tx, rows);
    return rows.length === 1;
  }

  async cancel(tx: Transaction, upload: Upload, at: Date): Promise<boolean> {
    // Not before whoever is still writing has noticed.
    const rows = await tx.query<EndedRow & { not_before: Date }>(
      `delete from upload where id = $1 returning ${ended}, greatest($2, lease_until) as not_before`,
      [upload.id, at],
    );
    for (const { key, not_before } of rows) await doomKeys(tx, [key], not_before);
    await giveBack(tx, rows);
    return rows.length === 1;
  }

  async giveUp(tx: Transaction, { abandonedBefore, at, limit }: GivenUpUploads): Promise<number> {
    const rows = await tx.query<EndedRow>(
      `delete from upload
        where id in (
          select id from upload
           where touched_at < $1 and (lease_until is null or lease_until <= $2)
           order by touched_at limit $3 for update skip locked)
       returning ${ended}`,
      [abandonedBefore, at, limit],
    );
    await doomKeys(tx, keysOf(rows), at);
    await giveBack(tx, rows);
    return rows.length;
  }

  async reserve(tx: Transaction, { upload, writer }: UploadWriter, bytes: number): Promise<boolean> {
    const rows = await tx.query(
      `update upload set reserved_bytes = reserved_bytes + $3 where id = $1 and writer = $2 returning id`,
      [upload.id, writer, bytes],
    );
    return rows.length === 1;
  }

  giveBackSpare(tx: Transaction, upload: Upload): Promise<void> {
    return giveBackSpare(tx, upload);
  }

  giveBackForgotten(tx: Transaction, limit: number): Promise<number> {
    return giveBackForgotten(tx, limit);
  }

  async abandonWrittenBy(db: Queryable, instance: string, at: Date): Promise<void> {
    await db.query(`update upload set lease_until = $2 where writer_instance = $1 and lease_until > $2`, [
      instance,
      at,
    ]);
  }
}

function keysOf(rows: readonly { readonly key: string }[]): readonly string[] {
  return rows.map(({ key }) => key);
}

/** An id is what this registry made, in its one spelling; anything else would be an error of the statement. */
function isUuid(id: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
}
