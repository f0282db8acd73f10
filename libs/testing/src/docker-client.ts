import { digestOf, type Digest } from '@berth/oci';

/** The credential of a client, as `docker login` takes it. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** An image small enough to be made anew in each test: one layer and a config, both referenced by the manifest. */
export interface SampleImage {
  readonly manifest: Uint8Array;
  readonly manifestDigest: Digest;
  readonly mediaType: string;
  readonly blobs: readonly { readonly digest: Digest; readonly bytes: Uint8Array }[];
}

/** Makes an image whose layer holds `text`; equal texts give equal digests. */
export function sampleImage(text: string): SampleImage {
  const layer = new TextEncoder().encode(text);
  const config = new TextEncoder().encode(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }),
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const describe = (type: string, bytes: Uint8Array) => ({
    mediaType: type,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: [describe('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
  return {
    manifest,
    manifestDigest: digestOf(manifest),
    mediaType,
    blobs: [config, layer].map((bytes) => ({ digest: digestOf(bytes), bytes })),
  };
}

/**
 * A client of the Docker registry protocol that keeps its access tokens by scope, presents the one it holds, and on a 401
 * follows the challenge once: what docker and containerd do, with nothing hidden. It may talk to any replica by its own
 * address while it names the registry by its login server in `Host`.
 *
 * @source Docker token authentication specification; OCI distribution-spec 1.1
 */
export class DockerClient {
  private readonly held = new Map<string, string>();
  /** How many access tokens it had to ask for. */
  tokenRequests = 0;

  constructor(
    private readonly registryUrl: string,
    private readonly login: Login | null,
    /** Replaces the origin of the challenge's realm, to ask one identity replica in particular. */
    private readonly tokenUrl: string | null = null,
  ) {}

  /** One request with the token held for `scope`; after a 401 once more with a fresh one, or the refusal as it is. */
  async request(path: string, scope: string, init: RequestInit = {}): Promise<Response> {
    const held = this.held.get(scope);
    const first = await this.send(path, held, init);
    if (first.status !== 401) return first;
    const challenge = first.headers.get('www-authenticate') ?? '';
    const fresh = await this.askForToken(challenge);
    if (fresh === null) return first;
    await first.body?.cancel();
    this.held.set(scope, fresh);
    return this.send(path, fresh, init);
  }

  /** The access token held for `scope`, to replay it elsewhere. */
  tokenFor(scope: string): string | undefined {
    return this.held.get(scope);
  }

  private send(path: string, token: string | undefined, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const url = path.startsWith('http') ? path : `${this.registryUrl}${path}`;
    return fetch(url, { ...init, headers, redirect: 'manual' });
  }

  private async askForToken(challenge: string): Promise<string | null> {
    const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
    const realm = parameter('realm');
    if (realm === undefined || !challenge.startsWith('Bearer ')) return null;
    const url = new URL(this.tokenUrl ?? realm);
    for (const name of ['service', 'scope']) {
      const value = parameter(name);
      if (value !== undefined) url.searchParams.set(name, value);
    }
    this.tokenRequests += 1;
    const answer = await fetch(url, { headers: this.login === null ? {} : { authorization: basic(this.login) } });
    if (!answer.ok) {
      await answer.body?.cancel();
      return null;
    }
    const { token } = (await answer.json()) as { token: string };
    return token;
  }
}

/** `Authorization: Basic` of a login (RFC 7617). */
export function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Pushes an image as docker does: each blob by POST, PATCH (streamed) and PUT, then the manifest by tag. */
export async function pushImage(client: DockerClient, repository: string, push: { tag: string; image: SampleImage }) {
  const scope = `repository:${repository}:pull,push`;
  for (const { digest, bytes } of push.image.blobs) {
    const started = await expectStatus(
      client.request(`/v2/${repository}/blobs/uploads/`, scope, { method: 'POST' }),
      202,
    );
    const patched = await expectStatus(
      client.request(locationOf(started), scope, { method: 'PATCH', body: Buffer.from(bytes) }),
      202,
    );
    const location = locationOf(patched);
    const separator = location.includes('?') ? '&' : '?';
    await expectStatus(client.request(`${location}${separator}digest=${digest}`, scope, { method: 'PUT' }), 201);
  }
  await expectStatus(
    client.request(`/v2/${repository}/manifests/${push.tag}`, scope, {
      method: 'PUT',
      body: Buffer.from(push.image.manifest),
      headers: { 'content-type': push.image.mediaType },
    }),
    201,
  );
}

/** Pulls the manifest of a tag with scope `pull`; the answer as it came. */
export function pullManifest(client: DockerClient, repository: string, reference: string): Promise<Response> {
  return client.request(`/v2/${repository}/manifests/${reference}`, `repository:${repository}:pull`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
}

function locationOf(answer: Response): string {
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`no Location in an answer of ${answer.url}`);
  return location.startsWith('http') ? new URL(location).pathname + new URL(location).search : location;
}

async function expectStatus(answer: Promise<Response>, status: number): Promise<Response> {
  const response = await answer;
  if (response.status === status) return response;
  throw new Error(`${response.url} answered ${response.status} instead of ${status}: ${await response.text()}`);
}
