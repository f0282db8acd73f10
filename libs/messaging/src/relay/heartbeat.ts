import type { StateTopic } from '@berth/contracts';
import type { Database } from '@berth/persistence';
import type { OutgoingBatch } from './event-sender.js';

/** The header that makes a record a heartbeat; its value is the safe change, in decimal. */
export const heartbeatHeader = 'berth-heartbeat';

/** All heartbeats share a key, so a compacted topic keeps one per partition. */
const heartbeatKey = 'heartbeat';

const safeChangeNow = {
  name: 'outbox_safe_change',
  text: `select case when exists (select from outbox where lane = 'urgent' and sent_at is null) then null
                else (select coalesce(max(change), 0) from published_state) end as safe`,
};

/**
 * The number up to which Kafka has every change; null while the urgent lane isn't empty.
 *
 * One statement, so one snapshot: all that it sees published it also sees as sent. What commits later has a higher
 * number, because numbers are in the order of commits.
 */
export async function readSafeChange(db: Pick<Database, 'prepared'>): Promise<number | null> {
  const [row] = await db.prepared<{ safe: number | null }>(safeChangeNow);
  return row?.safe ?? null;
}

/** One heartbeat for each partition of a state topic. */
export function heartbeatsOf(topic: Pick<StateTopic, 'name' | 'partitions'>, safeChange: number): OutgoingBatch {
  const value = Buffer.from(JSON.stringify({ heartbeat: safeChange }));
  const headers = { [heartbeatHeader]: String(safeChange) };
  return {
    topic: topic.name,
    messages: Array.from({ length: topic.partitions }, (_, partition) => ({
      key: heartbeatKey,
      value,
      headers,
      partition,
    })),
  };
}
