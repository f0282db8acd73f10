import { parseBlobKey } from '@berth/blob-store';
import type { DigestAlgorithm } from '@berth/oci';
import type { Queryable } from '@berth/persistence';
import { UploadStore, type Upload, type UploadClaim } from '../upload.js';

interface UploadRow {
  readonly key: string;
  readonly algorithm: DigestAlgorithm;
  readonly offset_bytes: number;
  readonly is_being_written: boolean;
}

/** Uploads in progress in Postgres. */
export class PostgresUploadStore extends UploadStore {
  async insert(db: Queryable, upload: Upload & { readonly at: Date }): Promise<void> {
    const { id, address, principal, key, algorithm, offset, at } = upload;
    await db.query(
      `insert into upload (id, account, registry_id, repository, principal, key, algorithm, offset_bytes,
                           started_at, touched_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
      [id, address.account, address.registryId, address.name, principal, key, algorithm, offset, at],
    );
  }

  async find(db: Queryable, claim: UploadClaim): Promise<Upload | null> {
    if (!isUuid(claim.id)) return null;
    const [row] = await db.query<UploadRow>(
      `select key, algorithm, offset_bytes, writer is not null as is_being_written
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
      isBeingWritten: row.is_being_written,
    };
  }

  async beginWriting(
    db: Queryable,
    { upload, writer, at }: { upload: Upload; writer: string; at: Date },
  ): Promise<boolean> {
    const rows = await db.query(
      `update upload set writer = $3, touched_at = $4
        where id = $1 and offset_bytes = $2 and writer is null
        returning id`,
      [upload.id, upload.offset, writer, at],
    );
    return rows.length === 1;
  }

  async endWriting(
    db: Queryable,
    { upload, writer, offset, at }: { upload: Upload; writer: string; offset: number; at: Date },
  ): Promise<void> {
    await db.query(
      `update upload set writer = null, offset_bytes = $3, touched_at = $4 where id = $1 and writer = $2`,
      [upload.id, writer, offset, at],
    );
  }

  async delete(db: Queryable, upload: Upload): Promise<boolean> {
    const rows = await db.query(`delete from upload where id = $1 returning id`, [upload.id]);
    return rows.length === 1;
  }
}

/** An id is what this registry made, in its one spelling; anything else would be an error of the statement. */
function isUuid(id: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
}
