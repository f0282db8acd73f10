import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

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
    await sendChunks(location, { headers, chunks: content.chunks() });
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

/** A PATCH that reads no more than the server takes: fetch would read 32 GiB ahead of it. */
async function sendChunks(url, { headers, chunks }) {
  const patch = request(url, { method: 'PATCH', headers });
  const answered = once(patch, 'response');
  await Promise.all([pipeline(Readable.from(chunks, { highWaterMark: 1 }), patch), answered]);
  const [answer] = await answered;
  answer.resume();
  if (answer.statusCode !== 202) throw new Error(`PATCH ${url} answered ${answer.statusCode} instead of 202`);
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
