import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loginServer, type StoppedClock } from './identity-app.suite.js';

/** One key of an issuer. */
export function newIssuerKey(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

export type IssuerKey = ReturnType<typeof newIssuerKey>;

/** A token with these claims and nothing else. @source RFC 7515 section 7.1 */
export function signed(claims: object, { kid, privateKey }: IssuerKey): string {
  const parts = [{ alg: 'ES256', kid, typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const text = parts.join('.');
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** An issuer of tokens on a port of its own, which can be slow, huge or gone. */
export class StandInIssuer {
  /** Addresses that were asked for. */
  readonly asked: string[] = [];
  /** Shown in the key set; the first signs. */
  keys: readonly IssuerKey[] = [];
  /** Instead of the right answer. */
  misbehave: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;

  private constructor(
    private readonly server: Server,
    private readonly clock: StoppedClock,
  ) {}

  static async start(clock: StoppedClock): Promise<StandInIssuer> {
    const server = createServer();
    const issuer = new StandInIssuer(server, clock);
    issuer.keys = [newIssuerKey('key-1')];
    server.on('request', (request, response) => issuer.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  /** A token of this issuer for the login server, good for five minutes, with these claims over it. */
  token(claims: object = {}, key = this.keys[0]): string {
    if (key === undefined) throw new Error('the issuer has no key');
    const now = Math.floor(this.clock.read() / 1000);
    return signed({ iss: this.url, sub: 'robot', aud: loginServer, iat: now, exp: now + 300, ...claims }, key);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.url ?? '');
    if (this.misbehave !== null) return this.misbehave(request, response);
    const isAbout = request.url === '/.well-known/openid-configuration';
    const body = isAbout
      ? { issuer: this.url, jwks_uri: `${this.url}/jwks` }
      : { keys: this.keys.map(({ jwk }) => jwk) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
