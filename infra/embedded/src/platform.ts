import { bringUp, type RunningParts } from './bring-up.js';
import { prepareDataDir } from './data-dir.js';
import { DataDirHold } from './data-dir-hold.js';
import { endpointsOf, removeEndpoints, writeEndpoints, type Endpoints } from './endpoints.js';
import type { KafkaServer } from './kafka.js';
import type { LocalProcess } from './local-process.js';
import { resolveOptions, type PlatformOptions, type ResolvedOptions } from './platform-options.js';
import type { PostgresServer } from './postgres.js';
import type { ServiceProcess } from './service-process.js';
import type { ServiceName } from './services.js';
import { Supervisor } from './supervisor.js';

/**
 * Starts Berth on this machine: Postgres and Kafka, unless settings name others, then every service; resolves when each is
 * ready and `<data dir>/endpoints.json` is written. What a killed start left running on the folder is ended first.
 *
 * @throws AppError with one plain sentence (a folder or port in use, a part that does not start); nothing stays running
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const resolved = resolveOptions(options);
  prepareDataDir(resolved.dataDir);
  const hold = await DataDirHold.take(resolved.dataDir);
  try {
    removeEndpoints(resolved.dataDir);
    const left = await resolved.records.endAlive();
    if (left.length > 0) resolved.say(`Ended what a killed start had left: ${left.join(', ')}`);
    const platform = new Platform(resolved, { hold, parts: await bringUp(resolved) });
    platform.open();
    return platform;
  } catch (error) {
    hold.release();
    throw error;
  }
}

/** A running Berth. Its processes can be stopped, killed and started again one by one, as faults are tried with it. */
export class Platform {
  private readonly supervisor: Supervisor | null;
  private stopped: Promise<void> | null = null;

  constructor(
    private readonly options: ResolvedOptions,
    private readonly own: { readonly hold: DataDirHold; readonly parts: RunningParts },
  ) {
    const { say, onGivenUp, pause } = options;
    const onRestarted = () => this.stopped ?? writeEndpoints(options.dataDir, this.endpoints);
    this.supervisor = onGivenUp === null ? null : new Supervisor({ say, giveUp: onGivenUp, onRestarted, pause });
  }

  /** Null: one elsewhere is used. */
  get postgres(): PostgresServer | null {
    return this.own.parts.postgres;
  }

  /** Null: one elsewhere is used. */
  get kafka(): KafkaServer | null {
    return this.own.parts.kafka;
  }

  /** The processes of each service, `<service>-1` first. */
  get services(): Readonly<Record<ServiceName, readonly ServiceProcess[]>> {
    return this.own.parts.services;
  }

  /** As things are now: the pid of a process that does not run is 0. */
  get endpoints(): Endpoints {
    const { parts } = this.own;
    return endpointsOf({
      origin: this.options.env['BERTH_PUBLIC_URL'] ?? `http://localhost:${this.options.port}`,
      postgres: { url: parts.databaseUrl, pids: pidsOf(parts.postgres) },
      kafka: { brokers: parts.kafkaBrokers, pids: pidsOf(parts.kafka) },
      services: parts.services,
    });
  }

  /** Makes it known that the platform is ready, and starts to watch over its processes. Called once, by its start. */
  open(): void {
    writeEndpoints(this.options.dataDir, this.endpoints);
    for (const process of this.processes) this.supervisor?.watch(process);
  }

  /** Stops everything: gateway, registry, identity, policy, audit, Kafka, Postgres, each for 10 s at most. Data stays. */
  stop(): Promise<void> {
    this.stopped ??= this.stopInOrder();
    return this.stopped;
  }

  private async stopInOrder(): Promise<void> {
    this.own.hold.announceStop();
    this.supervisor?.stop();
    removeEndpoints(this.options.dataDir);
    const orders = [...new Set(this.processes.map(({ stopOrder }) => stopOrder))].sort((a, b) => a - b);
    for (const order of orders) {
      const next = this.processes.filter(({ stopOrder }) => stopOrder === order);
      await Promise.all(next.map((process) => process.stop()));
    }
    this.own.hold.release();
  }

  private get processes(): LocalProcess[] {
    const { postgres, kafka, services } = this.own.parts;
    return [...Object.values(services).flat(), kafka, postgres].filter((process) => process !== null);
  }
}

function pidsOf(process: LocalProcess | null): number[] {
  return process === null ? [] : [process.pid];
}
