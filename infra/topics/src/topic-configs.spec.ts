import { topics } from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { topicsConfig } from './config.js';
import { topicConfigs } from './topic-configs.js';

function settingsOf(name: string, replicationFactor = 1): Record<string, string> {
  const config = topicConfigs(replicationFactor).find((candidate) => candidate.topic === name);
  return Object.fromEntries((config?.configEntries ?? []).map((entry) => [entry.name, entry.value]));
}

describe('topicConfigs', () => {
  it('has every topic of the contracts once, with the partitions that its contract says', () => {
    const configs = topicConfigs(1);
    expect(configs.map((config) => config.topic).sort()).toEqual(topics.map((topic) => topic.name).sort());
    expect(new Set(configs.map((config) => config.topic)).size).toBe(configs.length);
    for (const topic of topics) {
      expect(configs.find((config) => config.topic === topic.name)?.numPartitions).toBe(topic.partitions);
    }
  });

  it('compacts definitions and never deletes them by age', () => {
    const settings = settingsOf('policy.definition-changed.v1');
    expect(settings['cleanup.policy']).toBe('compact');
    expect(settings['retention.ms']).toBeUndefined();
    expect(settings['min.cleanable.dirty.ratio']).toBe('0.1');
  });

  it.each(['identity.minimum-raised.v1', 'registry.repository-deleted.v1'])(
    'keeps %s for a day and never compacts it: an older record may stand behind a newer one',
    (topic) => {
      const settings = settingsOf(topic);
      expect(settings['cleanup.policy']).toBe('delete');
      expect(settings['retention.ms']).toBe(String(24 * 3_600_000));
      expect(settings['segment.ms']).toBe(String(3_600_000));
    },
  );

  it('asks for two replicas in sync only where there are three', () => {
    expect(settingsOf('audit.activity-recorded.v1', 1)['min.insync.replicas']).toBe('1');
    expect(settingsOf('audit.activity-recorded.v1', 3)['min.insync.replicas']).toBe('2');
    expect(topicConfigs(3).every((config) => config.replicationFactor === 3)).toBe(true);
  });
});

describe('topicsConfig', () => {
  it('reads the brokers and takes one copy of each partition when nothing else is said', () => {
    expect(topicsConfig({ BERTH_KAFKA_BROKERS: 'a:9092,b:9092' })).toEqual({
      brokers: ['a:9092', 'b:9092'],
      replicationFactor: 1,
    });
  });

  it('names every variable that is wrong', () => {
    expect(() => topicsConfig({ BERTH_KAFKA_BROKERS: 'nowhere', BERTH_KAFKA_REPLICATION: '0' })).toThrow(
      /BERTH_KAFKA_BROKERS.*BERTH_KAFKA_REPLICATION/,
    );
    expect(() => topicsConfig({})).toThrow(/BERTH_KAFKA_BROKERS/);
  });
});
