import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inheritedEnvironment } from './config.js';
import { freePort } from './free-port.js';
import { LocalProcess, type ProcessPlan } from './local-process.js';
import { lastLogLines } from './log-file.js';
import { asOrdinaryUser, postgresBinaries } from './postgres-binaries.js';
import { createPostgresData, ownerName, readOwnerPassword } from './postgres-data.js';
import { isPostgresReady, removeStalePidFile } from './postgres-pid-file.js';
import { writePrivateFile } from './private-file.js';
import { ProcessRecords } from './process-records.js';

/** What a server is started with. */
export interface PostgresOptions {
  /** Data, password, log and process record go below it. */
  readonly dataDir: string;
  /** Taken when it is free; left out, the last one is, else any free one. */
  readonly port?: number;
  /** `throw-away` trades every promise of a commit for speed: for the databases of unit tests only. */
  readonly durability: 'durable' | 'throw-away';
}

/**
 * A PostgreSQL of this machine, on a loopback port. Its address stays while it is stopped and started again. A stop
 * rolls back what is under way and does not wait for clients.
 */
export class PostgresServer extends LocalProcess {
  constructor(
    plan: ProcessPlan,
    /** `postgres://berth:<password>@127.0.0.1:<port>/berth`, the owner's. */
    readonly url: string,
    private readonly data: string,
  ) {
    super(plan);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  override async start(): Promise<void> {
    for (let triesLeft = 20; ; triesLeft -= 1) {
      if (this.pid === 0) removeStalePidFile(this.data);
      try {
        return await super.start();
      } catch (error) {
        // Sessions of a killed server notice within moments, and until the last has ended no new server starts.
        const isHeld = lastLogLines(this.logFile, 3).some((line) => line.includes('shared memory block'));
        if (!isHeld || triesLeft === 0) throw error;
        await delay(250);
      }
    }
  }
}

/**
 * Starts PostgreSQL, on data that is made on first use; resolves when it takes connections.
 *
 * @throws AppError 'unavailable' with one plain sentence and the last lines of its log
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { durability } = options;
  const dataDir = resolve(options.dataDir);
  const dir = join(dataDir, 'postgres');
  const logFile = join(dataDir, 'logs/postgres.log');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const binaries = await postgresBinaries();
  await createPostgresData({ dir, binaries, logFile, durability });
  const port = await freePort(options.port ?? rememberedPort(join(dir, 'port')));
  writePrivateFile(join(dir, 'port'), String(port));
  const data = join(dir, 'data');
  const { command, args } = asOrdinaryUser(binaries.postgres);
  const settings = settingsOf(port, durability).flatMap((setting) => ['-c', setting]);
  const env = { ...inheritedEnvironment(), LC_ALL: 'C' };
  const plan: ProcessPlan = {
    name: 'postgres',
    command: { command, args: [...args, '-D', data, ...settings], env, logFile },
    isReady: (pid) => isPostgresReady(data, pid),
    readyWithinMs: 60_000,
    stopSignal: 'SIGINT',
    stopOrder: 9,
    records: new ProcessRecords(join(dataDir, 'run')),
  };
  const url = `postgres://${ownerName}:${readOwnerPassword(dir)}@127.0.0.1:${port}/berth`;
  const server = new PostgresServer(plan, url, data);
  await server.start();
  return server;
}

function settingsOf(port: number, durability: PostgresOptions['durability']): string[] {
  const withoutDisk = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const withoutReplicas = ['wal_level=minimal', 'max_wal_senders=0'];
  return [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'shared_buffers=128MB',
    'log_checkpoints=off',
    'timezone=UTC',
    'log_timezone=UTC',
    // A test run has many pools at once, and the outbox is proven with 200 parallel writers.
    `max_connections=${durability === 'throw-away' ? 500 : 200}`,
    ...(durability === 'throw-away' ? [...withoutDisk, ...withoutReplicas] : []),
  ];
}

function rememberedPort(file: string): number | undefined {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}
