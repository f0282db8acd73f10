import type { Service, StateTopic, Topic } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';

export interface OutboxOptions {
  readonly service: Service;
  readonly instance: string;
  /** Epoch milliseconds; the time of an event. */
  readonly clock: () => number;
  /** Called after each commit that wrote an event: `() => relay.wake()`. */
  readonly wake?: () => void;
}

/** A topic that carries facts, each handled once by each consuming service. */
type WorkTopic<Data> = Topic<Data> & { readonly delivery: 'work' };

/**
 * Writes events in the transaction of the change that they tell about; the relay sends them to Kafka at least once.
 * Needs the tables of `messagingMigrations` in the service's schema.
 */
export class Outbox {
  private readonly source: string;

  constructor(private readonly options: OutboxOptions) {
    this.source = `berth/${options.service}/${options.instance}`;
  }

  /** The next number of the service's version sequence, which is never reset. Draw it after the row lock of the thing. */
  async nextVersion(tx: Transaction): Promise<number> {
    return drawn(tx, `select nextval('version_seq') as drawn`);
  }

  /**
   * Publishes the full state of one thing: its latest record for followers, and an event in the urgent lane. A version
   * that isn't above the published one of this key changes nothing.
   *
   * Call it last, after all row locks of the transaction: it holds the service's publication lock until the commit, so
   * that the numbers drawn here (`change`) are in the order of commits. A row lock taken later could deadlock.
   *
   * @param data in the topic's schema, which is checked
   * @throws AppError 'bug' when the data doesn't fit the topic or the topic is another service's
   */
  async publish<Data extends { version: number }>(
    tx: Transaction,
    topic: StateTopic<Data>,
    data: Data,
    traceparent?: string,
  ): Promise<void> {
    const checked = this.check(topic, data);
    await lockPublications(tx);
    await tx.query(
      `with published as (
         insert into published_state as stored (topic, key, version, change, at, source, data)
         values ($1, $2, $3, nextval('change_seq'), $4, $5, $6)
         on conflict (topic, key) do update
           set version = excluded.version, change = excluded.change, at = excluded.at, source = excluded.source,
               data = excluded.data
           where excluded.version > stored.version
         returning topic, key, change, at, source, data)
       insert into outbox (topic, key, source, lane, change, traceparent, at, data)
       select topic, key, source, 'urgent', change, $7, at, data from published`,
      [
        topic.name,
        topic.keyOf(checked),
        checked.version,
        this.now(),
        this.source,
        toJson(checked),
        traceOrNull(traceparent),
      ],
    );
    this.wakeAfter(tx);
  }

  /**
   * As {@link publish}, for many things at once in one statement. No key may stand in it twice.
   *
   * @param all 0..1000 states of one topic
   */
  async publishAll<Data extends { version: number }>(
    tx: Transaction,
    topic: StateTopic<Data>,
    all: readonly Data[],
  ): Promise<void> {
    if (all.length === 0) return;
    const checked = all.map((data) => this.check(topic, data));
    await lockPublications(tx);
    await tx.query(
      `with published as (
         insert into published_state as stored (topic, key, version, change, at, source, data)
         select $1, told.key, told.version, nextval('change_seq'), $2, $3, told.data::json
           from unnest($4::text[], $5::bigint[], $6::text[]) as told (key, version, data)
         on conflict (topic, key) do update
           set version = excluded.version, change = excluded.change, at = excluded.at, source = excluded.source,
               data = excluded.data
           where excluded.version > stored.version
         returning topic, key, change, at, source, data)
       insert into outbox (topic, key, source, lane, change, at, data)
       select topic, key, source, 'urgent', change, at, data from published order by change`,
      [
        topic.name,
        this.now(),
        this.source,
        checked.map((data) => topic.keyOf(data)),
        checked.map(({ version }) => version),
        checked.map(toJson),
      ],
    );
    this.wakeAfter(tx);
  }

  /**
   * Records a fact, in the bulk lane.
   *
   * @param data in the topic's schema, which is checked
   * @throws AppError 'bug' when the data doesn't fit the topic or the topic is another service's
   */
  async record<Data>(tx: Transaction, topic: WorkTopic<Data>, data: Data, traceparent?: string): Promise<void> {
    const checked = this.check(topic, data);
    await tx.query(
      `insert into outbox (topic, key, source, lane, traceparent, at, data) values ($1, $2, $3, 'bulk', $4, $5, $6)`,
      [topic.name, topic.keyOf(checked), this.source, traceOrNull(traceparent), this.now(), toJson(checked)],
    );
    this.wakeAfter(tx);
  }

  /** A record that no consumer could read must fail its transaction: once committed it would stop them all. */
  private check<Data>(topic: Topic<Data>, data: Data): Data {
    if (topic.producer !== this.options.service) {
      throw new AppError({ kind: 'bug', message: `${this.options.service} may not write to ${topic.name}` });
    }
    const result = topic.schema.safeParse(data);
    if (result.success) return result.data;
    throw new AppError({ kind: 'bug', message: `an event does not fit ${topic.name}`, cause: result.error });
  }

  private now(): Date {
    return new Date(this.options.clock());
  }

  private wakeAfter(tx: Transaction): void {
    const { wake } = this.options;
    if (wake !== undefined) tx.afterCommit(wake);
  }
}

/** Until its commit no other transaction of this service draws a change: the order of changes is the order of commits. */
export async function lockPublications(tx: Transaction): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('berth-publish ' || current_schema(), 0))`);
}

async function drawn(tx: Queryable, sql: string): Promise<number> {
  const [row] = await tx.query<{ drawn: number }>(sql);
  if (row === undefined) throw new AppError({ kind: 'bug', message: 'a sequence gave no number' });
  return row.drawn;
}

/**
 * A caller's header that is no trace context must not come into an event, which could then not be sent.
 *
 * @source W3C Trace Context, section 3.2
 */
function traceOrNull(traceparent: string | undefined): string | null {
  return traceparent !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
    ? traceparent
    : null;
}

/** The driver would turn an array into a Postgres array. */
function toJson(data: unknown): string {
  return JSON.stringify(data);
}
