import type { StateTopic } from '@berth/contracts';
import type { Database } from '@berth/persistence';

/**
 * Keeps the outbox small: partitions for today and the next three days; those before yesterday go once all is sent.
 * Records of a topic that forgets (minima) leave the published state when the topic has forgotten them, but for the
 * latest change of all, which is where followers count from.
 *
 * @throws AppError 'unavailable' when a long transaction is in the way; nothing breaks, try again later
 */
export async function tidyOutbox(
  db: Pick<Database, 'query'>,
  stateTopics: readonly Pick<StateTopic, 'name' | 'retentionMs'>[],
): Promise<void> {
  await db.query(`select outbox_add_days()`);
  await db.query(`select outbox_drop_days()`);
  await db.query(`delete from outbox_default where sent_at < clock_timestamp() - interval '1 day'`);
  for (const { name, retentionMs } of stateTopics) {
    if (retentionMs === null) continue;
    await db.query(
      `delete from published_state
        where topic = $1 and at < clock_timestamp() - $2 * interval '1 ms'
          and change < (select max(change) from published_state)`,
      [name, retentionMs],
    );
  }
}
