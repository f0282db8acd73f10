import { createLogger } from '@berth/telemetry';
import type { Database } from '@berth/persistence';
import { z } from 'zod';
import { limitRaised, openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import type { EventSender, OutgoingBatch } from './event-sender.js';
import { heartbeatHeader } from './heartbeat.js';
import { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.js';

const sentEvent = z.object({
  id: z.string(),
  change: z.coerce.number().optional(),
  data: z.object({ id: z.string(), version: z.number().optional() }),
});

/** One record as a Kafka cluster was given it. */
export interface SentRecord {
  readonly topic: string;
  readonly key: string;
  readonly partition: number | null;
  /** The safe change of a heartbeat; null for events. */
  readonly heartbeat: number | null;
  readonly eventId: string;
  readonly change: number | null;
  readonly version: number | null;
}

/** Stands at the edge to Kafka: keeps what it was given, per cluster, and can be told to stall or to fail. */
export class RecordingSender implements EventSender {
  cluster = 'cluster-1';
  /** Runs before a batch is written; throw to fail, wait to stall. */
  beforeWrite: (batch: OutgoingBatch) => Promise<void> | void = () => undefined;
  /** Runs after a batch is written and before that is told. */
  afterWrite: (batch: OutgoingBatch) => Promise<void> | void = () => undefined;
  readonly batches: OutgoingBatch[] = [];

  constructor(readonly clusters = new Map<string, SentRecord[]>()) {}

  async send(batch: OutgoingBatch): Promise<void> {
    await this.beforeWrite(batch);
    this.batches.push(batch);
    this.log(this.cluster).push(...recordsOf(batch));
    await this.afterWrite(batch);
  }

  clusterId(): Promise<string> {
    return Promise.resolve(this.cluster);
  }

  /** All records of a cluster in the order of writing. */
  log(cluster = this.cluster): SentRecord[] {
    const log = this.clusters.get(cluster) ?? [];
    this.clusters.set(cluster, log);
    return log;
  }

  events(cluster = this.cluster): SentRecord[] {
    return this.log(cluster).filter(({ heartbeat }) => heartbeat === null);
  }

  heartbeats(cluster = this.cluster): SentRecord[] {
    return this.log(cluster).filter(({ heartbeat }) => heartbeat !== null);
  }
}

function recordsOf({ topic, messages }: OutgoingBatch): SentRecord[] {
  return messages.map(({ key, value, headers, partition }) => {
    const common = { topic, key, partition: partition ?? null };
    const heartbeat = headers?.[heartbeatHeader];
    if (heartbeat !== undefined) {
      return { ...common, heartbeat: Number(heartbeat), eventId: '', change: null, version: null };
    }
    const event = sentEvent.parse(JSON.parse(value.toString()));
    return {
      ...common,
      heartbeat: null,
      eventId: event.id,
      change: event.change ?? null,
      version: event.data.version ?? null,
    };
  });
}

type RelayDatabase = OutboxRelayOptions['db'];

/** A database that a process can no longer reach, or reaches again: `gate` runs before each statement. */
export class GatedDatabase implements RelayDatabase {
  statements = 0;
  gate: () => Promise<void> | void = () => undefined;

  constructor(private readonly db: Database) {}

  async query<Row extends object>(...args: Parameters<Database['query']>): Promise<Row[]> {
    await this.pass();
    return this.db.query<Row>(...args);
  }

  async prepared<Row extends object>(...args: Parameters<Database['prepared']>): Promise<Row[]> {
    await this.pass();
    return this.db.prepared<Row>(...args);
  }

  async transaction<T>(work: Parameters<typeof Database.prototype.transaction<T>>[0]): Promise<T> {
    await this.pass();
    return this.db.transaction(work);
  }

  private async pass(): Promise<void> {
    this.statements += 1;
    await this.gate();
  }
}

/** A relay of a spec's outbox that isn't started yet. */
export function makeRelay(
  spec: SpecOutbox,
  options: Partial<OutboxRelayOptions> & { producer: EventSender },
): OutboxRelay {
  return new OutboxRelay({
    db: spec.db,
    service: 'policy',
    instance: 'policy-1',
    stateTopics: [thingChanged, limitRaised],
    logger: createLogger({ service: 'policy', instance: 'policy-1', level: 'silent' }),
    ...options,
  });
}

/** A promise and the functions that end it. */
export function deferred(): { promise: Promise<void>; resolve: () => void; reject: (e: Error) => void } {
  return Promise.withResolvers<void>();
}

/** One relay between an outbox of its own and a recording Kafka. */
export class RelayRig {
  readonly db: GatedDatabase;
  readonly producer = new RecordingSender();
  relay: OutboxRelay;

  private constructor(readonly spec: SpecOutbox) {
    this.db = new GatedDatabase(spec.db);
    this.relay = this.makeRelay();
  }

  static async open(): Promise<RelayRig> {
    const spec = await openSpecOutbox({ wake: () => rig.relay.wake() });
    const rig = new RelayRig(spec);
    return rig;
  }

  /** Puts another relay, not yet started, in the place of this one. */
  renew(options: Partial<OutboxRelayOptions> = {}): void {
    this.relay = this.makeRelay(options);
  }

  readonly unsent = () => countUnsent(this.spec);

  async highestChange(): Promise<number> {
    const [row] = await this.spec.db.query<{ n: number }>(`select coalesce(max(change), 0) as n from published_state`);
    return row?.n ?? 0;
  }

  async close(): Promise<void> {
    await this.relay.stop();
    await this.spec.drop();
  }

  private makeRelay(options: Partial<OutboxRelayOptions> = {}): OutboxRelay {
    return makeRelay(this.spec, { db: this.db, producer: this.producer, ...options });
  }
}

export async function countUnsent({ db }: SpecOutbox): Promise<number> {
  const [row] = await db.query<{ n: number }>(`select count(*) as n from outbox where sent_at is null`);
  return row?.n ?? 0;
}
