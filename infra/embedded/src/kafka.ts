import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { freePort } from './free-port.js';
import { java } from './java.js';
import { createKafkaData } from './kafka-data.js';
import { kafkaLibs } from './kafka-libs.js';
import { brokerProperties } from './kafka-properties.js';
import { LocalProcess, type ProcessPlan } from './local-process.js';
import { writePrivateFile } from './private-file.js';
import { ProcessRecords } from './process-records.js';

/** What a broker is started with. */
export interface KafkaOptions {
  /** Data, log and process record go below it. */
  readonly dataDir: string;
  /** Taken when it is free; left out, the last one is, else any free one. */
  readonly port?: number;
  /** `durable`: a batch is on disk before it is acknowledged. */
  readonly durability: 'durable' | 'throw-away';
}

/** An Apache Kafka of this machine, on a loopback port. Its address stays while it is stopped and started again. */
export class KafkaServer extends LocalProcess {
  constructor(
    plan: ProcessPlan,
    readonly port: number,
  ) {
    super(plan);
  }

  /** `127.0.0.1:<port>` */
  get brokers(): string {
    return `127.0.0.1:${this.port}`;
  }
}

/**
 * Starts Kafka, one broker that is its own controller, on data that is made on first use; resolves when it serves.
 *
 * @throws AppError 'unavailable' with one plain sentence
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
  const dataDir = resolve(options.dataDir);
  const dir = join(dataDir, 'kafka');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { port, controllerPort } = await choosePorts(join(dir, 'ports.json'), options.port);
  const { durability } = options;
  const properties = join(dir, 'server.properties');
  writePrivateFile(properties, brokerProperties({ port, controllerPort, logDir: join(dir, 'data'), durability }));
  const logFile = join(dataDir, 'logs/kafka.log');
  const classPath = join(kafkaLibs(), '*');
  await createKafkaData({ dir, classPath, properties, logFile });
  const logging = `-Dlog4j2.configurationFile=${resolve(import.meta.dirname, '../kafka-log4j2.properties')}`;
  const flags = [...memoryFlags, ...compilerFlags(durability), logging];
  const plan: ProcessPlan = {
    name: 'kafka',
    command: java({ args: [...flags, '-cp', classPath, 'kafka.Kafka', properties], logFile }),
    isReady: () => answers(port),
    readyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopOrder: 8,
    records: new ProcessRecords(join(dataDir, 'run')),
  };
  const server = new KafkaServer(plan, port);
  await server.start();
  return server;
}

const memoryFlags = [
  ...['-Xms64m', '-Xmx192m', '-XX:+UseSerialGC', '-Xss256k', '-XX:MaxDirectMemorySize=64m'],
  ...['-XX:ReservedCodeCacheSize=48m', '-XX:MaxMetaspaceSize=96m'],
];

/** The first compiler alone starts a broker sooner; a broker that is to be fast for hours wants both. */
function compilerFlags(durability: KafkaOptions['durability']): string[] {
  return durability === 'throw-away' ? ['-XX:TieredStopAtLevel=1'] : [];
}

const ports = z.object({ port: z.number(), controllerPort: z.number() });

/** A single broker follows a change of its ports on existing data; clients rather find it where it was. */
async function choosePorts(file: string, wanted: number | undefined): Promise<z.infer<typeof ports>> {
  const last = existsSync(file) ? ports.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
  const chosen = { port: await freePort(wanted ?? last?.port), controllerPort: await freePort(last?.controllerPort) };
  writePrivateFile(file, JSON.stringify(chosen));
  return chosen;
}

/** The broker opens its port last, when it serves. */
function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', () => done(false));
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
  });
}
