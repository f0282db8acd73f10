import { parseRepositoryName } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import { namespaceIn } from '../repository.js';
import type { Upload } from '../upload.js';
import { changeCounters } from './usage-counters.js';

/** What an upload that ends, or has reserved too much, gives back. */
export interface ReturnedBytes {
  readonly account: string;
  readonly registry_id: string;
  /** The name of its repository. */
  readonly repository: string;
  readonly bytes: number;
}

/** Takes reservations off the counters; as the last step of a transaction. */
export async function giveBack(tx: Transaction, returned: readonly ReturnedBytes[]): Promise<void> {
  const changes = returned.flatMap(({ account, registry_id: registryId, repository, bytes }) => {
    const place = { account, registryId, usedBytes: 0, reservedBytes: -bytes };
    return [
      { ...place, namespace: namespaceIn(parseRepositoryName(repository)) },
      { ...place, namespace: '' },
    ];
  });
  await changeCounters(tx, changes);
}

/**
 * Whoever writes counts on what is reserved; and a writer that begins now reads what is left. Where nobody does, nothing lies
 * behind the offset: a request that can't cut off what doesn't count leaves its claim, and so do those whose process dies.
 */
export async function giveBackSpare(tx: Transaction, { id }: Upload): Promise<void> {
  const returned = await tx.query<ReturnedBytes>(
    `with spare as (
       select id, reserved_bytes - offset_bytes as bytes from upload
        where id = $1 and writer is null and reserved_bytes > offset_bytes for update)
     update upload u set reserved_bytes = u.offset_bytes from spare where u.id = spare.id
     returning u.account, u.registry_id, u.repository, spare.bytes`,
    [id],
  );
  await giveBack(tx, returned);
}

/** As {@link giveBackSpare}, of all. Waits for nobody: what is held now has its turn in the next round. @returns how many */
export async function giveBackForgotten(tx: Transaction, limit: number): Promise<number> {
  const returned = await tx.query<ReturnedBytes>(
    `with spare as materialized (
       select id, reserved_bytes - offset_bytes as bytes from upload
        where reserved_bytes > 0 and reserved_bytes > offset_bytes and writer is null
        order by touched_at limit $1 for update skip locked)
     update upload u set reserved_bytes = u.offset_bytes from spare where u.id = spare.id
     returning u.account, u.registry_id, u.repository, spare.bytes`,
    [limit],
  );
  await giveBack(tx, returned);
  return returned.length;
}
