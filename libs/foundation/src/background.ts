import { KafkaStrategy, OutboxRelay, SpoolShipper } from '@berth/messaging';
import type { ReadinessCheck } from '@berth/http';

/** How what runs beside requests is doing. */
export class Background {
  constructor(
    private readonly strategy: KafkaStrategy,
    private readonly relay: OutboxRelay,
    private readonly shipper: SpoolShipper,
  ) {}

  /**
   * A consumer that stopped makes the service not ready: it no longer learns what was taken away. A queue in trouble is
   * told of, but what it has to send waits: it keeps nobody from being served.
   */
  checks(): readonly ReadinessCheck[] {
    const failures = this.strategy.failures();
    const { unsent, lastError } = this.relay.status();
    const { unshippedBytes, lastError: shipperError } = this.shipper.status();
    return [
      { name: 'consumers', isReady: failures.length === 0, detail: failures.join('; ') },
      { name: 'outbox', isReady: true, detail: detail(`${unsent} events unsent`, lastError) },
      { name: 'spool', isReady: true, detail: detail(`${unshippedBytes} bytes unsent`, shipperError) },
    ];
  }
}

function detail(what: string, lastError: string | null): string {
  return lastError === null ? what : `${what}: ${lastError}`;
}
