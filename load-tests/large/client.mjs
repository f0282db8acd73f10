import { createHash } from 'node:crypto';

const repository = 'large/layers';

/** Pushes and pulls blobs as admin; neither holds one whole. */
export class LargeClient {
  #address;
  #tokenUrl;
  #authorization;

  constructor({ endpoints, password }) {
    const loginServer = new URL(endpoints.origin).host;
    this.#address = `${endpoints.registry}/v2/${repository}/blobs`;
    this.#tokenUrl = `${endpoints.identity}/oauth2/token?service=${loginServer}&scope=repository:${repository}:pull,push`;
    this.#authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  }

  /** As docker does: POST, one PATCH with all bytes, PUT. Returns the digest. */
  async push(content) {
    const headers = await this.#bearer();
    const started = await expectStatus(202, `${this.#address}/uploads/`, { method: 'POST', headers });
    const location = new URL(started.headers.get('location'), started.url).href;
    await expectStatus(202, location, { method: 'PATCH', headers, body: content.chunks(), duplex: 'half' });
    const { digest } = content;
    await expectStatus(201, `${location}?digest=${digest}`, { method: 'PUT', headers });
    return digest;
  }

  /** @throws when what comes is not the digest's */
  async pull(digest) {
    const answer = await ask(`${this.#address}/${digest}`, { headers: await this.#bearer() });
    if (answer.status !== 200) throw new Error(`${digest} answered ${answer.status}: ${await answer.text()}`);
    const hash = createHash('sha256');
    for await (const chunk of answer.body) hash.update(chunk);
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== digest) throw new Error(`${digest} came as ${found}`);
  }

  async #bearer() {
    const answer = await ask(this.#tokenUrl, { headers: { authorization: this.#authorization } });
    if (answer.status !== 200) throw new Error(`no access token: ${answer.status} ${await answer.text()}`);
    return { authorization: `Bearer ${(await answer.json()).token}` };
  }
}

async function expectStatus(status, url, init) {
  const answer = await ask(url, init);
  const text = await answer.text();
  if (answer.status === status) return answer;
  throw new Error(`${init.method} ${url} answered ${answer.status} instead of ${status}: ${text}`);
}

/** As fetch, but the error of a connection says which it was. */
async function ask(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new Error(`${init.method ?? 'GET'} ${url}: ${error.cause?.message ?? error.message}`, { cause: error });
  }
}
