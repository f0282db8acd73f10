import type { Transaction } from '@berth/persistence';
import type { DroppingBatch } from '../garbage.js';
import { removeLinks, type LockedLink } from './unneeded-links.js';
import { changeCounters, type CounterChange } from './usage-counters.js';

interface DetachedRow {
  readonly id: string;
  readonly account: string;
  readonly registry_id: string;
  /** Where it was counted; null = nowhere. */
  readonly namespace: string | null;
}

/** In this order nothing that is left refers to something that is gone. */
const removals = [
  `with gone as materialized (select name from tag where repository_id = $1 limit $2 for update skip locked)
   delete from tag t using gone where t.repository_id = $1 and t.name = gone.name returning 1`,
  `with gone as materialized (
     select manifest, target, kind from manifest_reference where repository_id = $1 limit $2 for update skip locked)
   delete from manifest_reference m using gone
    where m.repository_id = $1 and m.manifest = gone.manifest and m.target = gone.target and m.kind = gone.kind
   returning 1`,
  `with gone as materialized (
     select digest from manifest d
      where repository_id = $1
        and not exists (select 1 from tag where repository_id = $1 and digest = d.digest)
        and not exists (select 1 from manifest_reference where repository_id = $1 and manifest = d.digest)
      limit $2 for update skip locked)
   delete from manifest m using gone where m.repository_id = $1 and m.digest = gone.digest
   returning length(m.content) as bytes`,
  `with gone as materialized (select digest from quarantine where repository_id = $1 limit $2 for update skip locked)
   delete from quarantine q using gone where q.repository_id = $1 and q.digest = gone.digest returning 1`,
];

/**
 * Removes up to `limit` rows of one repository that was deleted by name, and its own row once nothing is left. Nobody
 * finds the repository any more, but a request that found it before may hold some of its rows: they wait.
 *
 * @returns how many rows went; 0 when there is nothing to do, or nothing that can be had now
 */
export async function emptyDetached(tx: Transaction, { limit, reviewAfter }: DroppingBatch): Promise<number> {
  const [detached] = await tx.query<DetachedRow>(
    `select id, account, registry_id, namespace from repository
      where detached_at is not null order by detached_at limit 1 for update skip locked`,
  );
  if (detached === undefined) return 0;
  const freed: CounterChange[] = [];
  let left = limit;
  for (const removal of removals) {
    if (left === 0) break;
    const removed = await tx.query<{ bytes?: number }>(removal, [detached.id, left]);
    left -= removed.length;
    freed.push(...freedBy(detached, removed));
  }
  if (left > 0) {
    left -= await dropLinks(tx, detached.id, { limit: left, reviewAfter });
  }
  if (left > 0) left -= await removeEmpty(tx, detached.id);
  await changeCounters(tx, freed);
  return limit - left;
}

function freedBy(
  { account, registry_id: registryId, namespace }: DetachedRow,
  removed: readonly { readonly bytes?: number }[],
): readonly CounterChange[] {
  const bytes = removed.reduce((sum, row) => sum + (row.bytes ?? 0), 0);
  if (namespace === null || bytes === 0) return [];
  const change = { account, registryId, usedBytes: -bytes, reservedBytes: 0 };
  return [
    { ...change, namespace },
    { ...change, namespace: '' },
  ];
}

/** Holders go with their link and don't count: few bring the same blob to one repository. */
async function dropLinks(
  tx: Transaction,
  repositoryId: string,
  { limit, reviewAfter }: Omit<DroppingBatch, 'at'>,
): Promise<number> {
  const locked = await tx.query<LockedLink>(
    `select l.repository_id, l.digest, l.account
       from repository_blob l
       join blob b on b.account = l.account and b.digest = l.digest
      where l.repository_id = $1 limit $2 for update of l, b skip locked`,
    [repositoryId, limit],
  );
  await removeLinks(tx, locked, reviewAfter);
  return locked.length;
}

async function removeEmpty(tx: Transaction, id: string): Promise<number> {
  const removed = await tx.query(
    `delete from repository
      where id = $1
        and not exists (select 1 from manifest where repository_id = $1)
        and not exists (select 1 from repository_blob where repository_id = $1)
        and not exists (select 1 from quarantine where repository_id = $1)
     returning id`,
    [id],
  );
  return removed.length;
}
