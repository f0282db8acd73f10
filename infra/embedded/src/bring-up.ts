import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@berth/errors';
import { inheritedEnvironment, withoutSettings } from './config.js';
import { freePort, isPortFree } from './free-port.js';
import { startKafka, type KafkaServer } from './kafka.js';
import type { ResolvedOptions } from './platform-options.js';
import { startPostgres, type PostgresServer } from './postgres.js';
import { runProgram } from './program.js';
import { ensureSecrets, type Secrets } from './secrets.js';
import { migrationEnvironment, serviceEnvironment, type PlatformFacts } from './service-environment.js';
import { serviceProcess, type ServiceProcess } from './service-process.js';
import { services, storingServices, type Instance, type ServiceName } from './services.js';
import { together } from './together.js';

/** Everything that runs, each part started and ready. */
export interface RunningParts {
  /** Null: one elsewhere is used. */
  readonly postgres: PostgresServer | null;
  readonly databaseUrl: string;
  readonly kafka: KafkaServer | null;
  readonly kafkaBrokers: string;
  readonly services: Readonly<Record<ServiceName, readonly ServiceProcess[]>>;
}

/**
 * Starts all parts: Postgres with the schemas and Kafka with the topics side by side, then every service at once, as none
 * needs another to start. When one part fails, or the signal comes, every part is ended again.
 */
export async function bringUp(options: ResolvedOptions): Promise<RunningParts> {
  await requirePort(options);
  const secrets = ensureSecrets(options.dataDir);
  options.say('Starting Postgres and Kafka');
  const [database, broker] = await together(options, [prepareDatabase(options, secrets), prepareBroker(options)]);
  options.say('Starting the services');
  const instances = await planInstances(options);
  const facts = factsOf(options, { ...database, ...broker, secrets, instances });
  const { dataDir, root } = options;
  const processes = instances.map((instance) => ({
    service: instance.service,
    process: serviceProcess(instance, { dataDir, root, env: serviceEnvironment(facts, instance) }),
  }));
  await together(
    options,
    processes.map(({ process }) => process.start()),
  );
  const of = (service: ServiceName) => processes.filter((one) => one.service === service).map(({ process }) => process);
  const byService = { gateway: of('gateway'), registry: of('registry'), identity: of('identity') };
  return { ...database, ...broker, services: { ...byService, policy: of('policy'), audit: of('audit') } };
}

async function requirePort({ port, bind }: ResolvedOptions): Promise<void> {
  if (await isPortFree(port, bind)) return;
  // A gateway that was killed a moment ago may still hold it.
  await delay(200);
  if (await isPortFree(port, bind)) return;
  throw new AppError({
    kind: 'conflict',
    message: `Port ${port} of ${bind} is in use: stop what listens there, or set BERTH_PORT to another port.`,
  });
}

async function prepareDatabase(options: ResolvedOptions, secrets: Secrets) {
  const { dataDir, durability, root, env } = options;
  const given = env['BERTH_DATABASE_URL'];
  const postgres = given === undefined ? await startPostgres({ dataDir, durability }) : null;
  const databaseUrl = given ?? postgres?.url ?? '';
  const facts = factsOf(options, { databaseUrl, kafkaBrokers: '', secrets, instances: [] });
  await Promise.all(
    storingServices.map((service) =>
      runProgram({
        name: `migrate-${service}`,
        file: join(root, 'apps', service, 'dist/migrate.js'),
        env: migrationEnvironment(facts, service),
        dataDir,
      }),
    ),
  );
  return { postgres, databaseUrl };
}

async function prepareBroker({ dataDir, durability, root, env }: ResolvedOptions) {
  const given = env['BERTH_KAFKA_BROKERS'];
  const kafka = given === undefined ? await startKafka({ dataDir, durability }) : null;
  const kafkaBrokers = given ?? kafka?.brokers ?? '';
  await runProgram({
    name: 'create-topics',
    file: join(root, 'infra/topics/dist/create-topics.js'),
    env: { ...withoutSettings(inheritedEnvironment()), ...env, BERTH_KAFKA_BROKERS: kafkaBrokers },
    dataDir,
  });
  return { kafka, kafkaBrokers };
}

async function planInstances({ replicas, bind, port }: ResolvedOptions): Promise<Instance[]> {
  const plan: Instance[] = [];
  for (const service of services) {
    const isGateway = service === 'gateway';
    for (let number = 1; number <= (isGateway ? 1 : (replicas[service] ?? 1)); number += 1) {
      const address = isGateway ? { host: bind, port } : { host: '127.0.0.1', port: await freePort() };
      plan.push({ service, name: `${service}-${number}`, ...address });
    }
  }
  return plan;
}

type FoundFacts = Pick<PlatformFacts, 'databaseUrl' | 'kafkaBrokers' | 'secrets' | 'instances'>;

function factsOf({ dataDir, port, env }: ResolvedOptions, found: FoundFacts): PlatformFacts {
  const { databaseUrl, kafkaBrokers, secrets, instances } = found;
  const inherited = withoutSettings(inheritedEnvironment());
  return { dataDir, port, databaseUrl, kafkaBrokers, secrets, instances, inherited, given: env };
}
