import type { Database, Transaction } from '@berth/persistence';
import { lockPublications } from '../outbox/outbox.js';
import type { LeaseFence } from './relay-lease.js';

/**
 * Puts the latest state of each key into the urgent lane once more, with its own version and change.
 *
 * Under the publication lock: no other publication is under way, so each key's row here is its last, and any later
 * state gets a higher id.
 *
 * @param fromChange only states published under this number or a higher one; 1 for all
 */
export async function republish(tx: Transaction, fromChange: number): Promise<void> {
  await lockPublications(tx);
  await tx.query(
    `insert into outbox (topic, key, source, lane, change, at, data)
     select topic, key, source, 'urgent', change, at, data from published_state where change >= $1 order by change`,
    [fromChange],
  );
}

/**
 * Makes a Kafka cluster the one that has been given everything: if it was another until now, all state is republished.
 *
 * @returns whether state was republished
 * @throws Error when the lease is another's by now
 */
export async function adoptCluster(
  db: Pick<Database, 'transaction'>,
  clusterId: string,
  fence: LeaseFence,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [lease] = await tx.query<{ cluster_id: string | null }>(
      `select cluster_id from relay_lease where holder = $1 and epoch = $2 for update`,
      [fence.holder, fence.epoch],
    );
    if (lease === undefined) throw new Error('the lease was lost before the Kafka cluster was known');
    if (lease.cluster_id === clusterId) return false;
    await tx.query(`update relay_lease set cluster_id = $1`, [clusterId]);
    // Nothing is sent before the first cluster is known, so that one misses nothing.
    if (lease.cluster_id === null) return false;
    await republish(tx, 1);
    return true;
  });
}
