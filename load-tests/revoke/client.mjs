import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';

const repository = 'fleet/firmware';
const mediaType = 'application/vnd.oci.image.manifest.v1+json';

/** What admin and devices ask of a running Berth. */
export class RevokeClient {
  #endpoints;
  #admin;
  #agent = new Agent({ keepAlive: true, maxSockets: 256 });

  constructor({ endpoints, password }) {
    this.#endpoints = endpoints;
    this.#admin = basic('admin', password);
  }

  close() {
    this.#agent.destroy();
  }

  /** Pushes the one manifest that everybody pulls. */
  async pushManifest() {
    const bearer = `Bearer ${await this.accessToken({ authorization: this.#admin, actions: 'pull,push' })}`;
    const root = `${this.#endpoints.registry}/v2/${repository}`;
    const [config, layer] = ['{}', 'the firmware'].map((text) => ({ text, digest: digestOf(text), size: text.length }));
    for (const { text, digest } of [config, layer]) {
      const url = `${root}/blobs/uploads/?digest=${digest}`;
      await this.#expect(201, { method: 'POST', url, headers: { authorization: bearer }, body: text });
    }
    const describe = (type, { digest, size }) => ({ mediaType: `application/vnd.oci.image.${type}`, digest, size });
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: describe('config.v1+json', config),
      layers: [describe('layer.v1.tar', layer)],
    });
    const headers = { authorization: bearer, 'content-type': mediaType };
    await this.#expect(201, { method: 'PUT', url: `${root}/manifests/v1`, headers, body });
  }

  /** The access token for a credential. */
  async accessToken({ name, password, authorization = basic(name, password), actions = 'pull' }) {
    const { origin, identity } = this.#endpoints;
    const query = `service=${new URL(origin).host}&scope=repository:${repository}:${actions}`;
    const url = `${identity}/oauth2/token?${query}`;
    return JSON.parse(await this.#expect(200, { url, headers: { authorization } })).token;
  }

  /** The status of a pull of the manifest with an access token. */
  async pull(token) {
    const url = `${this.#endpoints.registry}/v2/${repository}/manifests/v1`;
    return (await this.#ask({ url, headers: { authorization: `Bearer ${token}` } })).status;
  }

  /** Disables all tokens with these labels; how many they were. */
  async revoke(labels) {
    const url = `${this.#endpoints.origin}/api/v1/registries/local/tokens:revoke`;
    const headers = { authorization: this.#admin, 'content-type': 'application/json' };
    const asked = { method: 'POST', url, headers, body: JSON.stringify({ labels }) };
    for (let revoked = 0; ;) {
      const answer = JSON.parse(await this.#expect(200, asked));
      revoked += answer.revoked;
      if (!answer.more) return revoked;
    }
  }

  async #expect(status, asked) {
    const answer = await this.#ask(asked);
    if (answer.status === status) return answer.text;
    throw new Error(`${asked.url} answered ${answer.status} instead of ${status}: ${answer.text}`);
  }

  #ask({ method = 'GET', url, headers, body }) {
    return new Promise((resolve, reject) => {
      const asking = request(url, { method, headers, agent: this.#agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => (text += chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode, text }));
      });
      asking.on('error', reject);
      asking.end(body);
    });
  }
}

const basic = (name, password) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const digestOf = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
