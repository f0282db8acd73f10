import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration, Provider } from 'oidc-provider';

/** How Berth is known to a {@link TestProvider}. */
export const oidcClient = { id: 'berth', secret: 'a secret that Berth and its identity provider share' } as const;

/** What a real identity provider says of the person who sits before it. */
export interface ProviderPerson {
  readonly sub: string;
  readonly preferred_username?: string;
  readonly email?: string;
  readonly groups?: unknown;
}

/**
 * A real OpenID provider (`oidc-provider`) on a port of its own, where somebody is always logged in: whoever `PUT /person`
 * says, as JSON.
 */
export class TestProvider {
  /** Who sits before it. */
  person: ProviderPerson = { sub: 'nobody' };
  private provider: Provider | null = null;

  private constructor(
    private readonly server: Server,
    private readonly redirectUri: string,
  ) {}

  static async start(redirectUri: string): Promise<TestProvider> {
    // Only now: whoever needs no provider need not wait until it is loaded.
    const oidc = await import('oidc-provider');
    const test = new TestProvider(createServer(), redirectUri);
    await new Promise<void>((resolve) => test.server.listen(0, '127.0.0.1', resolve));
    const provider = new oidc.Provider(test.url, test.configuration());
    test.provider = provider;
    const handle = provider.callback();
    test.server.on('request', (request, response) => {
      if (request.url?.startsWith('/interaction/') === true) void test.logIn(request, response);
      else if (request.url === '/person') void test.seat(request, response);
      else void handle(request, response);
    });
    return test;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private async logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.provider?.interactionFinished(request, response, { login: { accountId: this.person.sub } });
  }

  private async seat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    // What a spec of ours sends.
    this.person = JSON.parse(text) as ProviderPerson;
    response.writeHead(204).end();
  }

  private configuration(): Configuration {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return {
      clients: [{ client_id: oidcClient.id, client_secret: oidcClient.secret, redirect_uris: [this.redirectUri] }],
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'provider-key', use: 'sig' }] },
      cookies: { keys: ['cookies of a spec'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      pkce: { required: () => true },
      scopes: ['openid', 'profile', 'email', 'groups'],
      claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email'], groups: ['groups'] },
      conformIdTokenClaims: false,
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ ...this.person, sub: accountId }) }),
      loadExistingGrant: async ({ oidc }) => {
        const { provider } = this;
        const accountId = oidc.session?.accountId;
        if (provider === null || accountId === undefined) return undefined;
        const grant = new provider.Grant({ clientId: oidcClient.id, accountId });
        grant.addOIDCScope('openid profile email groups');
        await grant.save();
        return grant;
      },
    };
  }
}

/**
 * What a browser does with the address that Berth sends it to.
 *
 * @param back the beginning of the address that it is sent back to
 * @returns that address with what the provider says
 * @throws Error when the provider answers with a page of its own
 */
export async function visitProvider(address: string, back: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let next = address;
  while (!next.startsWith(back)) {
    const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=', 2);
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
    next = new URL(location, next).href;
  }
  return new URL(next);
}
