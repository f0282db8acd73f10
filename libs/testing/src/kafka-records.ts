import { randomUUID } from 'node:crypto';
import { createKafka, type KafkaConnection } from '@berth/messaging';
import { createLogger } from '@berth/telemetry';
import { waitFor } from './wait-for.js';

/** A record as it lies in Kafka, heartbeats too. */
export interface KafkaRecord {
  readonly topic: string;
  /** Key, value and headers in one text. */
  readonly text: string;
}

/** What kafkajs hands over of a record. */
interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/**
 * Reads all topics whole, up to where each ended when it was asked.
 *
 * @throws when they can't be read to there in 30 s
 */
export async function readKafkaRecords(brokers: string): Promise<KafkaRecord[]> {
  const logger = createLogger({ service: 'testing', instance: 'spec', level: 'silent' });
  const kafka = createKafka({ brokers: brokers.split(','), clientId: `testing-${randomUUID()}`, logger });
  const missing = await endsOf(kafka);
  const topics = [...new Set([...missing.keys()].map((place) => place.replace(/\/\d+$/, '')))];
  const records: KafkaRecord[] = [];
  const consumer = kafka.client.consumer({ groupId: `testing-${randomUUID()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const message of batch.messages) records.push({ topic: batch.topic, text: textOf(message) });
        const place = `${batch.topic}/${batch.partition}`;
        if (Number(batch.lastOffset()) + 1 >= (missing.get(place) ?? 0)) missing.delete(place);
        return Promise.resolve();
      },
    });
    await waitFor('all of Kafka is read', { withinMs: 30_000 }, () => Promise.resolve(missing.size === 0 || null));
  } finally {
    await consumer.disconnect();
  }
  return records;
}

/** `<topic>/<partition>` of each partition that holds something, and the offset behind its last record. */
async function endsOf(kafka: KafkaConnection): Promise<Map<string, number>> {
  const admin = kafka.client.admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((name) => !name.startsWith('__'));
    const ends = await Promise.all(
      topics.map(async (topic) =>
        (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
          place: `${topic}/${partition}`,
          isEmpty: low === high,
          end: Number(high),
        })),
      ),
    );
    return new Map(ends.flat().flatMap(({ place, isEmpty, end }) => (isEmpty ? [] : [[place, end]])));
  } finally {
    await admin.disconnect();
  }
}

function textOf({ key, value, headers = {} }: RawRecord): string {
  return [key, value, ...Object.entries(headers).flat()].map(String).join('\n');
}
