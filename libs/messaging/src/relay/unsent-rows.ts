import type { Database } from '@berth/persistence';
import { encodeEvent } from '../envelope/event-envelope.js';
import type { OutgoingBatch, OutgoingMessage } from './event-sender.js';
import type { LeaseFence } from './relay-lease.js';

/** Urgent: the state that followers wait for. Bulk: facts for the audit log. */
export type Lane = 'urgent' | 'bulk';

/** Rows of one topic that are sent in one go. */
export interface RowBatch {
  readonly lane: Lane;
  readonly ids: readonly number[];
  /** The lowest change in it; null in the bulk lane. */
  readonly firstChange: number | null;
  readonly outgoing: OutgoingBatch;
}

interface OutboxRow {
  readonly id: number;
  readonly topic: string;
  readonly key: string;
  readonly event_id: string;
  readonly source: string;
  readonly change: number | null;
  readonly traceparent: string | null;
  readonly at: Date;
  readonly data: unknown;
}

const maxRows = 500;
/** Brokers refuse more than 1 MB of one partition at once. */
const maxBatchBytes = 500_000;

/** By `sent_at is null`, never from a remembered id: ids are drawn before the commit, so a lower one can appear later. */
const unsentOfLane = {
  name: 'outbox_unsent',
  text: `select id, topic, key, event_id, source, change, traceparent, at, data
           from outbox where lane = $1 and sent_at is null order by id limit ${maxRows}`,
};

const markOfLane = {
  name: 'outbox_mark_sent',
  text: `with marked as (
           update outbox set sent_at = clock_timestamp()
            where lane = $1 and sent_at is null and id = any($2::bigint[])
              and exists (select from relay_lease where holder = $3 and epoch = $4)
           returning 1)
         select count(*) as marked from marked`,
};

/** The first rows of a lane that aren't marked as sent, at most 500, as batches per topic in the order of their ids. */
export async function readUnsent(db: Pick<Database, 'prepared'>, lane: Lane): Promise<RowBatch[]> {
  const rows = await db.prepared<OutboxRow>(unsentOfLane, [lane]);
  const batches: (RowBatch & { ids: number[]; outgoing: { messages: OutgoingMessage[] }; bytes: number })[] = [];
  for (const row of rows) {
    const message = messageOf(row);
    const bytes = message.value.length;
    const open = batches.findLast((batch) => batch.outgoing.topic === row.topic);
    if (open === undefined || open.bytes + bytes > maxBatchBytes) {
      const outgoing = { topic: row.topic, messages: [message], gzip: lane === 'bulk' };
      batches.push({ lane, ids: [row.id], firstChange: row.change, outgoing, bytes });
      continue;
    }
    open.ids.push(row.id);
    open.outgoing.messages.push(message);
    open.bytes += bytes;
  }
  return batches;
}

/**
 * Marks what Kafka has acknowledged, as long as the lease is still this holder's.
 *
 * @returns false when another holds the lease: nothing is marked, and that one sends the rows again
 */
export async function markSent(db: Pick<Database, 'prepared'>, batch: RowBatch, fence: LeaseFence): Promise<boolean> {
  const [row] = await db.prepared<{ marked: number }>(markOfLane, [batch.lane, batch.ids, fence.holder, fence.epoch]);
  return (row?.marked ?? 0) > 0;
}

/** The topic may be one that only a newer version of this service knows, so its contract isn't needed here. */
function messageOf(row: OutboxRow): OutgoingMessage {
  return encodeEvent(
    { name: row.topic, keyOf: () => row.key },
    {
      data: row.data,
      source: row.source,
      id: row.event_id,
      at: row.at,
      ...(row.change === null ? {} : { change: row.change }),
      ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
    },
  );
}
