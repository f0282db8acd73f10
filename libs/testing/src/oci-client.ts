import { basic, DockerClient, type Login } from './docker-client.js';

/** An answer that was read to its end. */
export interface OciAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** What a request has beside its address. */
export interface OciRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream goes out in chunks of unknown length, so it can't be sent again after a challenge. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
}

/**
 * A client of one repository that sends exactly what it is told and shows exactly what comes back. Follows challenges as
 * conformance programs do: one access token for reads, one for writes and one for deletes, each asked for when it is refused.
 *
 * @source OCI distribution-spec 1.1
 */
export class OciRepository {
  private readonly docker: DockerClient;
  /** `/v2/<name>` */
  readonly root: string;

  constructor(
    private readonly registryUrl: string,
    readonly name: string,
    private readonly login: Login,
  ) {
    this.docker = new DockerClient(registryUrl, login);
    this.root = `/v2/${name}`;
  }

  /** One request; `path` is below the repository (`/tags/list`), or a `Location` as it came. */
  async send(method: string, path: string, { headers = {}, body }: OciRequest = {}): Promise<OciAnswer> {
    const init: RequestInit = { method, headers: { ...headers } };
    if (body instanceof ReadableStream) Object.assign(init, { body, duplex: 'half' });
    // undici takes a Uint8Array of any buffer, the DOM's type doesn't.
    else if (body !== undefined) init.body = Buffer.from(body);
    const answer = await this.docker.request(this.addressOf(path), accessOf(method), init);
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  }

  /** As `send`, with an access token for the scopes, as clients that know beforehand what they need. */
  async sendFor(scopes: readonly string[], method: string, path: string): Promise<OciAnswer> {
    const authorization = `Bearer ${await this.tokenFor(scopes)}`;
    const answer = await fetch(`${this.registryUrl}${this.addressOf(path)}`, { method, headers: { authorization } });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  }

  private async tokenFor(scopes: readonly string[]): Promise<string> {
    const challenged = await fetch(`${this.registryUrl}/v2/`);
    await challenged.body?.cancel();
    const challenge = challenged.headers.get('www-authenticate') ?? '';
    const [realm, service] = ['realm', 'service'].map((name) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1]);
    const url = new URL(realm ?? '');
    url.searchParams.set('service', service ?? '');
    for (const scope of scopes) url.searchParams.append('scope', scope);
    const answer = await fetch(url, { headers: { authorization: basic(this.login) } });
    const { token } = (await answer.json()) as { token: string };
    return token;
  }

  private addressOf(path: string): string {
    if (path.startsWith('http')) return path.slice(new URL(path).origin.length);
    return path.startsWith('/v2/') ? path : `${this.root}${path}`;
  }
}

function accessOf(method: string): string {
  if (method === 'GET' || method === 'HEAD') return 'read';
  return method === 'DELETE' ? 'delete' : 'write';
}
