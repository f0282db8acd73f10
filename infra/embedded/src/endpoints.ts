import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from './private-file.js';
import { services, type ServiceName, type StoringService } from './services.js';

/** Addresses and processes of a running platform, as `<data dir>/endpoints.json` has them. */
export interface Endpoints extends Readonly<Record<StoringService, string>> {
  /** The one origin, where people and SDKs come in. */
  readonly origin: string;
  /** With the owner's password: the file is private. */
  readonly postgres: string;
  readonly kafka: string;
  /** Where each registry answers as the only one, by name. */
  readonly registries: Readonly<Record<string, string>>;
  /** Those that were started here: of a Postgres or a Kafka elsewhere there are none. */
  readonly pids: Readonly<Record<ServiceName | 'postgres' | 'kafka', readonly number[]>>;
}

/** What endpoints are made from. */
export interface RunningProcesses {
  readonly origin: string;
  readonly postgres: { readonly url: string; readonly pids: readonly number[] };
  readonly kafka: { readonly brokers: string; readonly pids: readonly number[] };
  /** In the order of their names; the first one's address is the service's. */
  readonly services: Readonly<Record<ServiceName, readonly { readonly url: string; readonly pid: number }[]>>;
}

/** The shape of `endpoints.json`, which scripts rely on. */
export function endpointsOf(running: RunningProcesses): Endpoints {
  const firstUrl = (service: StoringService) => running.services[service][0]?.url ?? '';
  const pids = (service: ServiceName) => running.services[service].map(({ pid }) => pid);
  const servicePids = Object.fromEntries(services.map((service) => [service, pids(service)]));
  return {
    origin: running.origin,
    registry: firstUrl('registry'),
    identity: firstUrl('identity'),
    policy: firstUrl('policy'),
    audit: firstUrl('audit'),
    postgres: running.postgres.url,
    kafka: running.kafka.brokers,
    registries: { local: running.origin },
    // Object.fromEntries forgets its keys, which are those of `services`.
    pids: {
      ...(servicePids as Record<ServiceName, number[]>),
      postgres: running.postgres.pids,
      kafka: running.kafka.pids,
    },
  };
}

/** Writes `<data dir>/endpoints.json`: its being there means that the platform is ready. */
export function writeEndpoints(dataDir: string, endpoints: Endpoints): void {
  writePrivateFile(join(dataDir, 'endpoints.json'), `${JSON.stringify(endpoints, null, 2)}\n`);
}

/** Removes it, as nothing is to be reached there any more. */
export function removeEndpoints(dataDir: string): void {
  rmSync(join(dataDir, 'endpoints.json'), { force: true });
}
