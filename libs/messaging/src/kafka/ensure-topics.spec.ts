import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { ensureTopics } from './ensure-topics.js';
import { testKafka, testTopic } from './kafka.suite.js';

const { ConfigResourceTypes } = kafkajs;

async function describeTopic(name: string): Promise<{ partitions: number; settings: Record<string, string> }> {
  const admin = testKafka().client.admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    const resources = [{ type: ConfigResourceTypes.TOPIC, name }];
    const configs = await admin.describeConfigs({ resources, includeSynonyms: false });
    const entries = configs.resources[0]?.configEntries ?? [];
    return {
      partitions: topics[0]?.partitions.length ?? 0,
      settings: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
    };
  } finally {
    await admin.disconnect();
  }
}

describe('ensureTopics', () => {
  it('creates what does not exist, as its contract says, and leaves it alone the next time', async () => {
    const topic = testTopic('state', 3);
    await expect(ensureTopics(testKafka(), [topic], { replicationFactor: 1 })).resolves.toEqual([topic.name]);
    const { partitions, settings } = await describeTopic(topic.name);
    expect(partitions).toBe(3);
    expect(settings).toMatchObject({
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.1',
      'segment.ms': '3600000',
    });

    const wider = { ...topic, partitions: 5 };
    await expect(ensureTopics(testKafka(), [wider], { replicationFactor: 1 })).resolves.toEqual([]);
    expect((await describeTopic(topic.name)).partitions).toBe(3);
  });

  it('may be called by several at once', async () => {
    const topics = [testTopic('work', 2), testTopic('state')];
    const calls = [1, 2, 3].map(() => ensureTopics(testKafka(), topics, { replicationFactor: 1 }));
    await Promise.all(calls);
    expect((await describeTopic(topics[0]?.name ?? '')).settings).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': '3600000',
    });
  });
});
