import type { Service, StateTopic } from '@berth/contracts';
import type { ConsumableTopic } from '@berth/messaging';
import type { Logger, Metrics } from '@berth/telemetry';

/** What one process of a service is, and where its servers are. */
export interface FoundationOptions {
  readonly service: Service;
  /** `registry-1`; names the spool's folder, the Kafka client and the connections. */
  readonly instance: string;
  /** The service's own login. */
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  /** The spool lies in `<dataDir>/spool/<instance>`. */
  readonly dataDir: string;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Topics that the service's controllers consume. */
  readonly consumes: readonly ConsumableTopic[];
  /** Its own state topics, on which the relay sends heartbeats. */
  readonly publishes: readonly StateTopic[];
}
