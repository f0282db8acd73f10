import encoding from 'k6/encoding';
import http from 'k6/http';

/** What a device needs to log in. */
export interface Device {
  readonly name: string;
  readonly password: string;
}

const json = { 'content-type': 'application/json' };

/** The management API, as the fleet's owner uses it before the devices start. */
export class Management {
  private readonly headers: Record<string, string>;

  constructor(
    private readonly origin: string,
    adminPassword: string,
  ) {
    this.headers = { ...json, authorization: basic('admin', adminPassword) };
  }

  putScopeMap(name: string, actions: string[]): void {
    this.send('PUT', `/registries/local/scope-maps/${name}`, { actions });
  }

  /** Makes `count` tokens on one scope map, each with a password of its own. */
  createDevices(count: number, scopeMap: string): Device[] {
    const names = Array.from({ length: count }, (_, n) => `device-${String(n).padStart(7, '0')}`);
    this.sendAll(names.map((name) => ['PUT', `/registries/local/tokens/${name}`, { scopeMap }]));
    const answers = this.sendAll(
      names.map((name) => ['POST', `/registries/local/tokens/${name}/passwords`, { slot: 1 }]),
    );
    return answers.map((answer, n) => ({ name: names[n] ?? '', password: String(answer.json('password')) }));
  }

  private send(method: string, path: string, body: object) {
    const [answer] = this.sendAll([[method, path, body]]);
    return answer;
  }

  private sendAll(requests: [method: string, path: string, body: object][]) {
    const answers = [];
    for (let at = 0; at < requests.length; at += 50) {
      answers.push(
        ...http.batch(
          requests.slice(at, at + 50).map(([method, path, body]) => ({
            method,
            url: `${this.origin}/api/v1${path}`,
            body: JSON.stringify(body),
            params: { headers: this.headers, tags: { name: 'management' } },
          })),
        ),
      );
    }
    const refused = answers.find(({ status }) => status < 200 || status > 299);
    if (refused !== undefined) throw new Error(`${refused.url} answered ${refused.status}: ${String(refused.body)}`);
    return answers;
  }
}

/** `Authorization: Basic` of a name and a password (RFC 7617). */
export function basic(name: string, password: string): string {
  return `Basic ${encoding.b64encode(`${name}:${password}`)}`;
}
