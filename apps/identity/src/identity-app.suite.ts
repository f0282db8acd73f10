import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changesPage, spoolFrame, type EntryDraft } from '@berth/contracts';
import { AccessState, IdentityFollowing, PolicyFollowing } from '@berth/definitions';
import type { Runtime } from '@berth/foundation';
import { createService, internalHeader } from '@berth/http';
import { readChanges } from '@berth/messaging';
import { Database, migrate } from '@berth/persistence';
import { createLogger, Metrics } from '@berth/telemetry';
import { TokenVerifier } from '@berth/tokens';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { migrations } from './app.module.js';
import { readIdentityConfig, type IdentityConfig } from './config.js';
import { identityService } from './identity-service.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';

export const adminPassword = 'the password of admin';
export const loginServer = 'localhost:5000';
const publicUrl = 'http://localhost:5000';
const internalKey = randomBytes(24).toString('base64');
const masterKey = randomBytes(32).toString('hex');

export interface ReplicaOptions {
  readonly databaseUrl: string;
  readonly policy: PolicyStandIn;
  readonly clock: StoppedClock;
  /** What differs from the environment of `identity-1`. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where a request comes from, and what it says besides. */
export interface Sender {
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Of a call. */
export type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';

/** A clock that stands until it is moved. */
export class StoppedClock {
  private ms = Date.UTC(2026, 0, 1, 12);
  readonly read = (): number => this.ms;
  advance(ms: number): void {
    this.ms += ms;
  }
}

/** Makes identity's schema in an empty database and returns the URL of its own login. */
export async function migrateIdentity(empty: { url: string; urlFor(role: string): string }): Promise<string> {
  const serviceUrl = empty.urlFor(`identity_${empty.url.slice(-12)}`);
  await migrate({ ownerUrl: empty.url, serviceUrl, schema: 'identity', migrations });
  return serviceUrl;
}

/** One replica of identity in this process. Kafka is away, so it follows policy and itself by asking them. */
export class IdentityReplica {
  /** Management tokens by credential: each costs a slow hash. */
  private readonly callers = new Map<string, string>();

  private constructor(
    readonly app: NestFastifyApplication,
    private readonly runtime: SpecRuntime,
    private readonly options: ReplicaOptions,
  ) {}

  /** Starts one that may be asked. */
  static async start(options: ReplicaOptions): Promise<IdentityReplica> {
    const dataDir = await mkdtemp(join(tmpdir(), 'berth-identity-'));
    const runtime = await runtimeOf(options, dataDir);
    const app = await createService(identityService(runtime));
    const replica = new IdentityReplica(app, runtime, options);
    await replica.listenToSilence();
    return replica;
  }

  get databaseUrl(): string {
    return this.options.databaseUrl;
  }

  get dataDir(): string {
    return this.runtime.config.BERTH_DATA_DIR;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await rm(this.runtime.config.BERTH_DATA_DIR, { recursive: true, force: true });
  }

  /** Lets so much time pass that Kafka counts as silent: then the owners are asked. */
  async listenToSilence(): Promise<void> {
    this.options.clock.advance(3_000);
    await this.app.get(PolicyFollowing).follower.tick();
    await this.app.get(IdentityFollowing).follower.tick();
  }

  /** Reads what policy has decided since. */
  async follow(): Promise<void> {
    const answer = await fetch(`${this.options.policy.url}/internal/changes?after=0`);
    const { changes } = changesPage.parse(await answer.json());
    await this.app.get(PolicyFollowing).copy.apply(changes);
  }

  /** What this replica knows of keys and minima, after it has read all that was published. */
  async accessState(): Promise<AccessState> {
    const { changes } = await readChanges(this.app.get(Database), { after: 0 });
    await this.app.get(IdentityFollowing).copy.apply(changes);
    return this.app.get(AccessState);
  }

  /** Checks access tokens as a registry does. */
  verifier(): TokenVerifier {
    const state = this.app.get(AccessState);
    return new TokenVerifier({ keyOf: (kid) => state.keyOf(kid), issuer: publicUrl, clock: this.options.clock.read });
  }

  /** `GET /oauth2/token` with these parameters and credential. */
  askForToken(parameters: readonly (readonly [string, string])[], credential?: string, from: Sender = {}) {
    const query = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value]));
    const { address, headers: more } = from;
    const headers = { ...(credential === undefined ? {} : { authorization: basic(credential) }), ...more };
    const remote = address === undefined ? {} : { remoteAddress: address };
    return this.app.inject({ method: 'GET', url: `/oauth2/token?${query.toString()}`, headers, ...remote });
  }

  /** A form sent to the token endpoint, or to another. */
  post(form: readonly (readonly [string, string])[], path = '/oauth2/token') {
    return this.app.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(form.map(([name, value]): [string, string] => [name, value])).toString(),
    });
  }

  /** A call of the management API, as the gateway makes it for `admin`. */
  async manage(method: Method, path: string, body?: object) {
    const authorization = `Bearer ${await this.managementToken()}`;
    const payload = body === undefined ? {} : { payload: body };
    return this.app.inject({ method, url: `/api/v1/registries/local${path}`, headers: { authorization }, ...payload });
  }

  /** A call of the management API, as the gateway makes it for whoever has this credential. */
  async callAs(credential: string, [method, path]: readonly [Method, string], body?: object) {
    const payload = body === undefined ? {} : { payload: body };
    const send = (token: string) =>
      this.app.inject({ method, url: `/api/v1${path}`, headers: { authorization: `Bearer ${token}` }, ...payload });
    const remembered = this.callers.get(credential);
    const answer = remembered === undefined ? null : await send(remembered);
    if (answer !== null && answer.statusCode !== 401) return answer;
    const { token } = (await this.logIn(credential)).json<{ token: string }>();
    this.callers.set(credential, token);
    return send(token);
  }

  /** `POST /internal/management-tokens` with a credential. */
  logIn(credential: string, key = internalKey) {
    return this.app.inject({
      method: 'POST',
      url: '/internal/management-tokens',
      headers: { authorization: basic(credential), [internalHeader]: key },
      payload: { address: '192.0.2.7', userAgent: 'spec' },
    });
  }

  /** `POST /internal/management-tokens` with the secret of a session, as the gateway found it in a cookie. */
  sessionToken(secret: string) {
    return this.app.inject({
      method: 'POST',
      url: '/internal/management-tokens',
      headers: { authorization: `Session ${secret}`, [internalHeader]: internalKey },
      payload: { address: '192.0.2.7', userAgent: 'spec' },
    });
  }

  /** A call of another service; POST if it has a body. */
  internal(path: string, body?: object) {
    const headers = { [internalHeader]: internalKey };
    if (body === undefined) return this.app.inject({ method: 'GET', url: path, headers });
    return this.app.inject({ method: 'POST', url: path, headers, payload: body });
  }

  /** All lines that were logged, debugging ones too. */
  logged(): string {
    return this.runtime.lines.join('');
  }

  /** The entries in the spool. */
  async entries(): Promise<EntryDraft[]> {
    const frames = framesOf(await this.spoolBytes());
    return frames.flatMap((frame) => (frame.kind === 'entry' ? [frame.entry] : []));
  }

  /** All that is in the spool. */
  async spoolBytes(): Promise<Buffer> {
    const folder = join(this.runtime.config.BERTH_DATA_DIR, 'spool');
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.seg')).sort();
    return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
  }

  private async managementToken(): Promise<string> {
    const { token } = (await this.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    return token;
  }
}

/** `Authorization: Basic` of `user:password`. */
export function basic(credential: string): string {
  return `Basic ${Buffer.from(credential).toString('base64')}`;
}

/** A frame is a length, a checksum of as many bytes, and a JSON text. */
function framesOf(bytes: Buffer) {
  const frames = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    frames.push(spoolFrame.parse(JSON.parse(bytes.toString('utf8', at + 8, end))));
    at = end;
  }
  return frames;
}

/** What a replica is made with, and what it logs. */
interface SpecRuntime extends Runtime<IdentityConfig> {
  readonly lines: readonly string[];
}

/** A configuration without Kafka, and a log that is kept. */
async function runtimeOf(options: ReplicaOptions, dataDir: string): Promise<SpecRuntime> {
  const config = readIdentityConfig(await environmentOf(options, dataDir));
  const { BERTH_INSTANCE: instance } = config;
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return {
    config,
    clock: options.clock.read,
    logger: createLogger({ service: 'identity', instance, level: 'debug', destination }),
    metrics: new Metrics('identity', instance),
    lines,
  };
}

async function environmentOf(options: ReplicaOptions, dataDir: string): Promise<Record<string, string>> {
  const internalKeyFile = join(dataDir, 'internal-key');
  const masterKeyFile = join(dataDir, 'master-key');
  await writeFile(internalKeyFile, internalKey, { mode: 0o600 });
  await writeFile(masterKeyFile, masterKey, { mode: 0o600 });
  return {
    BERTH_INSTANCE: 'identity-1',
    BERTH_LISTEN: '127.0.0.1:0',
    BERTH_DATA_DIR: dataDir,
    // Nobody listens there.
    BERTH_KAFKA_BROKERS: '127.0.0.1:1',
    BERTH_INTERNAL_KEY_FILE: internalKeyFile,
    BERTH_MASTER_KEY_FILE: masterKeyFile,
    BERTH_IDENTITY_DATABASE_URL: options.databaseUrl,
    BERTH_PUBLIC_URL: publicUrl,
    BERTH_TOKEN_REALM: `${publicUrl}/oauth2/token`,
    BERTH_LOGIN_SERVERS: `local=${loginServer}`,
    BERTH_POLICY_URL: options.policy.url,
    // Nobody listens there either.
    BERTH_REGISTRY_URL: 'http://127.0.0.1:1',
    BERTH_ADMIN_PASSWORD: adminPassword,
    BERTH_DEFINITIONS_MAX_AGE: '0',
    // Specs let each round run when they want it.
    BERTH_DELETION_INTERVAL: '0',
    ...options.environment,
  };
}
