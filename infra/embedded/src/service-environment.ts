import { instancesOf, storingServices, urlOf, type Instance, type StoringService } from './services.js';
import type { Secrets } from './secrets.js';

/** What the environment of every service follows from. */
export interface PlatformFacts {
  readonly dataDir: string;
  /** Port of the one origin. */
  readonly port: number;
  /** The owner's address of the database. */
  readonly databaseUrl: string;
  readonly kafkaBrokers: string;
  readonly secrets: Secrets;
  readonly instances: readonly Instance[];
  /** `PATH`, `HOME` and the like. */
  readonly inherited: Readonly<Record<string, string>>;
  /** `BERTH_*` settings that someone gave; they win over what follows from the rest. */
  readonly given: Readonly<Record<string, string>>;
}

/** What is for one program only, as each gets what it needs and no more. */
const onlyFor: Readonly<Record<string, StoringService | 'migrations' | 'launcher'>> = {
  BERTH_DATABASE_URL: 'migrations',
  BERTH_PORT: 'launcher',
  BERTH_BIND: 'launcher',
  BERTH_ADMIN_PASSWORD: 'identity',
  BERTH_ADMIN_PASSWORD_FILE: 'identity',
  BERTH_MASTER_KEY_FILE: 'identity',
  BERTH_OIDC_CLIENT_SECRET_FILE: 'identity',
  BERTH_S3_ACCESS_KEY_ID: 'registry',
  BERTH_S3_SECRET_ACCESS_KEY: 'registry',
  BERTH_S3_SECRET_ACCESS_KEY_FILE: 'registry',
  ...Object.fromEntries(storingServices.map((service) => [databaseVariable(service), service])),
};

/** The whole environment of one process of a service. */
export function serviceEnvironment(facts: PlatformFacts, instance: Instance): Record<string, string> {
  const settings = { ...defaultSettings(facts), ...facts.given };
  const isFor = (name: string) => onlyFor[name] === undefined || onlyFor[name] === instance.service;
  const allowed = Object.entries(settings).filter(([name]) => isFor(name));
  return {
    ...facts.inherited,
    ...Object.fromEntries(allowed),
    BERTH_DATA_DIR: facts.dataDir,
    BERTH_INSTANCE: instance.name,
    BERTH_LISTEN: `${instance.host.includes(':') ? `[${instance.host}]` : instance.host}:${instance.port}`,
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
  };
}

/** The environment of the program that brings a service's schema up to date: the only one that gets the owner's login. */
export function migrationEnvironment(facts: PlatformFacts, service: StoringService): Record<string, string> {
  const variable = databaseVariable(service);
  return {
    ...facts.inherited,
    BERTH_DATABASE_URL: facts.databaseUrl,
    [variable]: facts.given[variable] ?? ownDatabaseUrl(facts, service),
  };
}

function defaultSettings(facts: PlatformFacts): Record<string, string> {
  const publicUrl = facts.given['BERTH_PUBLIC_URL'] ?? `http://localhost:${facts.port}`;
  const urls = (service: StoringService) => instancesOf(facts.instances, service).map(urlOf).join(',');
  return {
    BERTH_KAFKA_BROKERS: facts.kafkaBrokers,
    BERTH_INTERNAL_KEY_FILE: facts.secrets.internalKeyFile,
    BERTH_MASTER_KEY_FILE: facts.secrets.masterKeyFile,
    BERTH_PUBLIC_URL: publicUrl,
    BERTH_TOKEN_REALM: `${publicUrl}/oauth2/token`,
    BERTH_LOGIN_SERVERS: `local=localhost:${facts.port}`,
    BERTH_DEFAULT_REGISTRY: 'local',
    ...Object.fromEntries(storingServices.map((service) => [`BERTH_${service.toUpperCase()}_URL`, urls(service)])),
    ...Object.fromEntries(
      storingServices.map((service) => [databaseVariable(service), ownDatabaseUrl(facts, service)]),
    ),
  };
}

/** The same server and database, by the service's own login. */
function ownDatabaseUrl({ databaseUrl, secrets }: PlatformFacts, service: StoringService): string {
  const url = new URL(databaseUrl);
  url.username = `berth_${service}`;
  url.password = secrets.databasePasswords[service];
  return url.href;
}

function databaseVariable(service: StoringService): string {
  return `BERTH_${service.toUpperCase()}_DATABASE_URL`;
}
