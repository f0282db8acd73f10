import type { Service } from '@berth/contracts';
import type { ConsumableTopic, OutboxRelayOptions } from '@berth/messaging';
import type { Runtime } from './runtime.js';

/** The part of a configuration that says where a process keeps things and whom it talks to. */
export interface FoundationConfig {
  readonly BERTH_INSTANCE: string;
  readonly BERTH_KAFKA_BROKERS: readonly string[];
  /** The spool lies in `<dataDir>/spool/<instance>`. */
  readonly BERTH_DATA_DIR: string;
}

/** What a service stands on. */
export interface FoundationOptions {
  readonly service: Service;
  readonly runtime: Runtime<FoundationConfig>;
  /** The service's own login. */
  readonly databaseUrl: string;
  /** Topics that the service's controllers consume. */
  readonly consumes: readonly ConsumableTopic[];
  /** Its own state topics, on which the relay sends heartbeats. */
  readonly publishes: OutboxRelayOptions['stateTopics'];
}
