import { EventProducer, OutboxRelay, Spool, SpoolShipper } from '@berth/messaging';
import type { Database } from '@berth/persistence';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';

/** How long a stop waits for Kafka to take the last entries; what is left is sent by the next start. */
const drainMs = 2_000;

/** What runs beside requests, in the order in which it begins and ends. A start never waits for Kafka. */
export class LifeCycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly producer: EventProducer,
    private readonly relay: OutboxRelay,
    private readonly spool: Spool,
    private readonly shipper: SpoolShipper,
    private readonly databases: readonly Database[],
  ) {}

  onApplicationBootstrap(): void {
    this.producer.start();
    this.relay.start();
    this.shipper.start();
  }

  /** After the last answer: the spool is ended, what is in it is sent if Kafka is there, then connections close. */
  async onApplicationShutdown(): Promise<void> {
    await this.spool.close();
    const isHeard = this.producer.isConnected;
    await Promise.all([this.shipper.stop(isHeard ? drainMs : 0), this.relay.stop()]);
    await this.producer.stop();
    await Promise.all(this.databases.map((database) => database.close()));
  }
}
