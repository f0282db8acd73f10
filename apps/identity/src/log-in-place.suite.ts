import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oidcClient, TestProvider, visitProvider, type ProviderPerson } from '@berth/testing';
import { expect } from 'vitest';
import type { IdentityReplica, Method, StoppedClock } from './identity-app.suite.js';
import { IdentityPlace } from './identity-place.suite.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';

export const publicUrl = 'http://localhost:5000';

/** An identity whose people log in with a provider, and the browsers that they do it with. */
export class LogInPlace {
  private constructor(
    private readonly place: IdentityPlace,
    readonly provider: TestProvider,
    private readonly secrets: string,
  ) {}

  static async start(): Promise<LogInPlace> {
    const provider = await TestProvider.start(`${publicUrl}/auth/callback`);
    const secrets = await mkdtemp(join(tmpdir(), 'berth-people-'));
    const secretFile = join(secrets, 'client-secret');
    await writeFile(secretFile, `${oidcClient.secret}\n`, { mode: 0o600 });
    const place = await IdentityPlace.start(() => undefined, {
      BERTH_EGRESS_ALLOW: '127.0.0.0/8',
      BERTH_OIDC_ISSUER: provider.url,
      BERTH_OIDC_CLIENT_ID: oidcClient.id,
      BERTH_OIDC_CLIENT_SECRET_FILE: secretFile,
      BERTH_OIDC_GROUPS_CLAIM: 'groups',
    });
    return new LogInPlace(place, provider, secrets);
  }

  get identity(): IdentityReplica {
    return this.place.identity;
  }

  get policy(): PolicyStandIn {
    return this.place.policy;
  }

  get clock(): StoppedClock {
    return this.place.clock;
  }

  async stop(): Promise<void> {
    await this.place.stop();
    await this.provider.stop();
    await rm(this.secrets, { recursive: true });
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
    return this.place.call(method, path, body);
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
