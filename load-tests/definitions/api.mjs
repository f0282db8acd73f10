import { Agent, request } from 'node:http';

/** The management API as admin, over connections that are kept. */
export class Api {
  #origin;
  #headers;
  #agent;

  constructor({ endpoints, password, connections }) {
    this.#origin = new URL(endpoints.origin);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
    this.#headers = { authorization, 'content-type': 'application/json' };
  }

  /**
   * @returns {Promise<any>} the answer's JSON
   * @throws for every answer but a 2xx
   */
  async do(method, path, body) {
    const { status, text } = await this.#send(method, `/api/v1${path}`, body);
    if (status < 200 || status > 299) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  close() {
    this.#agent.destroy();
  }

  #send(method, path, body) {
    const { hostname, port } = this.#origin;
    return new Promise((resolve, reject) => {
      const options = { hostname, port, path, method, headers: this.#headers, agent: this.#agent };
      const asking = request(options, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() }));
      });
      asking.on('error', reject);
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** Runs `work(n)` for n from 0 on, so many at once; ends with the first failure. */
export async function atOnce(count, { connections }, work) {
  let next = 0;
  const goOn = async () => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: connections }, goOn));
}
