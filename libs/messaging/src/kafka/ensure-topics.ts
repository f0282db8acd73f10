import type { Topic } from '@berth/contracts';
import type { Admin, ITopicConfig } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import type { KafkaConnection } from './connection.js';
import { kafkaErrorType } from './kafka-error.js';
import { within } from './within.js';

/** What Kafka has to know of a topic. */
export type TopicSpecification = Pick<Topic<never>, 'name' | 'cleanup' | 'retentionMs' | 'partitions'>;

/** A topic's configuration as Kafka takes it. */
export interface TopicConfig {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: readonly { readonly name: string; readonly value: string }[];
}

const hourMs = 3_600_000;
const limitMs = 10_000;

/**
 * A topic as Kafka is asked for it. A compacted topic is compacted early and in segments of an hour, because each process
 * reads it whole at its start; with three replicas or more, two must have a record before it counts as written.
 *
 * @source Apache Kafka documentation, topic configurations
 */
export function topicConfig(topic: TopicSpecification, replicationFactor: number): TopicConfig {
  const settings = {
    'cleanup.policy': topic.cleanup,
    ...(topic.cleanup === 'compact' && { 'min.cleanable.dirty.ratio': '0.1', 'segment.ms': String(hourMs) }),
    ...(topic.retentionMs !== null && retention(topic.retentionMs)),
    'min.insync.replicas': replicationFactor >= 3 ? '2' : '1',
  };
  return {
    topic: topic.name,
    numPartitions: topic.partitions,
    replicationFactor,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  };
}

/** Only whole segments are deleted, so a segment spans a small part of the time that a record is kept. */
function retention(retentionMs: number): Record<string, string> {
  return { 'retention.ms': String(retentionMs), 'segment.ms': String(Math.ceil(retentionMs / 24)) };
}

/**
 * Creates the topics that don't exist and waits until each has its leaders. Leaves those that exist as they are: a number
 * of partitions is never raised, since the keys of a state topic would move.
 *
 * @returns the names of those that did not exist
 * @throws the client's error when Kafka doesn't answer or refuses; AppError 'unavailable' without leaders after 10 s
 */
export async function ensureTopics(
  kafka: KafkaConnection,
  topics: readonly TopicSpecification[],
  options: { readonly replicationFactor: number },
): Promise<string[]> {
  const admin = kafka.client.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !existing.has(topic.name));
    await Promise.all(missing.map((topic) => create(admin, topicConfig(topic, options.replicationFactor))));
    await within(limitMs, 'waiting for the leaders of new topics', leaders(admin, missing));
    return missing.map((topic) => topic.name);
  } finally {
    await admin.disconnect();
  }
}

/** A topic that somebody else created at the same moment is no error to the client. */
async function create(admin: Admin, config: TopicConfig): Promise<void> {
  const request: ITopicConfig = { ...config, configEntries: [...config.configEntries] };
  await admin.createTopics({ topics: [request], waitForLeaders: false, timeout: limitMs });
}

/** A broker may not know a topic yet that it has just agreed to create; the client's own waiting takes that as an error. */
async function leaders(admin: Admin, topics: readonly TopicSpecification[]): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  for (const { name } of topics) {
    while (!(await hasLeaders(admin, name)) && Date.now() < deadlineMs) await pause(50);
  }
}

async function hasLeaders(admin: Admin, name: string): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    return topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
  } catch (e) {
    if (kafkaErrorType(e) === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
    throw e;
  }
}
