import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, oidcClient, TestProvider, visitProvider, type ProviderPerson } from '@berth/testing';
import { expect } from 'vitest';
import { adminPassword, IdentityReplica, migrateIdentity, StoppedClock, type Method } from './identity-app.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';

export const publicUrl = 'http://localhost:5000';

/** Gives back what was started, in that order backwards. */
type Stop = () => Promise<unknown>;

/** An identity whose people log in with a provider, and the browsers that they do it with. */
export class LogInPlace {
  private constructor(
    readonly identity: IdentityReplica,
    readonly policy: PolicyStandIn,
    readonly provider: TestProvider,
    readonly clock: StoppedClock,
    private readonly stops: readonly Stop[],
  ) {}

  static async start(): Promise<LogInPlace> {
    const database = await createTestDatabase();
    const policy = await PolicyStandIn.start();
    const provider = await TestProvider.start(`${publicUrl}/auth/callback`);
    const secrets = await mkdtemp(join(tmpdir(), 'berth-people-'));
    const secretFile = join(secrets, 'client-secret');
    await writeFile(secretFile, `${oidcClient.secret}\n`, { mode: 0o600 });
    const clock = new StoppedClock();
    const environment = {
      BERTH_EGRESS_ALLOW: '127.0.0.0/8',
      BERTH_OIDC_ISSUER: provider.url,
      BERTH_OIDC_CLIENT_ID: oidcClient.id,
      BERTH_OIDC_CLIENT_SECRET_FILE: secretFile,
      BERTH_OIDC_GROUPS_CLAIM: 'groups',
    };
    const databaseUrl = await migrateIdentity(database);
    const identity = await IdentityReplica.start({ databaseUrl, policy, clock, environment });
    const stops = [() => database.drop(), () => policy.stop(), () => provider.stop(), () => identity.stop()];
    return new LogInPlace(identity, policy, provider, clock, [() => rm(secrets, { recursive: true }), ...stops]);
  }

  async stop(): Promise<void> {
    for (const stop of [...this.stops].reverse()) await stop();
  }

  get(url: string, cookie = '') {
    return this.identity.app.inject({ method: 'GET', url, headers: { cookie } });
  }

  async begin(path = '/auth/login'): Promise<{ address: string; cookie: string }> {
    const answer = await this.get(path);
    expect(answer.statusCode, answer.body).toBe(302);
    return { address: String(answer.headers.location), cookie: cookieOf(answer, '__Host-berth-login') };
  }

  /** From the address that Berth sends a browser to, to the one that it comes back to. */
  visit(address: string): Promise<URL> {
    return visitProvider(address, `${publicUrl}/auth/callback`);
  }

  /** Logs a person in as a browser does. */
  async logIn(person: ProviderPerson, path?: string) {
    this.provider.person = person;
    const { address, cookie } = await this.begin(path);
    const back = await this.visit(address);
    const answer = await this.get(back.pathname + back.search, cookie);
    return { answer, session: cookieOf(answer, '__Host-berth'), back, cookie };
  }

  /** A management token for a session, as the gateway asks for it. */
  exchange(session: string) {
    return this.identity.sessionToken(session.slice('__Host-berth='.length));
  }

  async claimsOf(session: string) {
    const answer = await this.exchange(session);
    expect(answer.statusCode, answer.body).toBe(200);
    return this.identity.verifier().verifyManagement(answer.json<{ token: string }>().token);
  }

  logOut(cookie: string, origin?: string) {
    const headers = { cookie, 'content-type': 'application/json', ...(origin === undefined ? {} : { origin }) };
    return this.identity.app.inject({ method: 'POST', url: '/auth/logout', headers });
  }

  async lastEntry() {
    return (await this.identity.entries()).at(-1);
  }

  /** A call of the management API as `admin`. */
  manage(method: Method, path: string, body?: object) {
    return this.identity.callAs(`admin:${adminPassword}`, [method, path], body);
  }
}

export type Answer = Awaited<ReturnType<LogInPlace['get']>>;

/** The cookies that an answer sets, `name=value`, and how. */
export function cookiesOf({ headers }: Answer): string[] {
  return [headers['set-cookie'] ?? []].flat();
}

export function cookieOf(answer: Answer, name: string): string {
  const set = cookiesOf(answer).find((each) => each.startsWith(`${name}=`));
  return set?.split(';')[0] ?? '';
}
