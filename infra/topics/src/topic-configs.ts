import { topics } from '@berth/contracts';
import { topicConfig, type TopicConfig } from '@berth/messaging';

/**
 * Every topic of the platform as Kafka is asked for it, from the contracts alone. Pure.
 *
 * @param replicationFactor copies of each partition: 1 on one broker, 3 in production
 */
export function topicConfigs(replicationFactor: number): TopicConfig[] {
  return topics.map((topic) => topicConfig(topic, replicationFactor));
}
