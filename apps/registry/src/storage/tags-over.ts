import type { Digest, Tag } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { Repository } from '../repository.js';

/** Tags of what a manifest or blob is a part of, up through every index; not its own. Each manifest is looked at once. */
export async function tagsOver(tx: Transaction, { id }: Repository, digest: Digest): Promise<readonly Tag[]> {
  const rows = await tx.query<{ name: Tag }>(
    `with recursive over as (
       select manifest from manifest_reference where repository_id = $1 and target = $2 and kind <> 'named'
       union
       select r.manifest
         from over o
         join manifest_reference r on r.repository_id = $1 and r.target = o.manifest and r.kind = 'manifest')
     select t.name from over o join tag t on t.repository_id = $1 and t.digest = o.manifest`,
    [id, digest],
  );
  return rows.map(({ name }) => name);
}
