import type { EntryPage } from '@berth/contracts';
import { basic, type Login } from './docker-client.js';

/** A caller of `/api/v1` on the origin, with Basic credentials as a script has them. */
export class ManagementClient {
  constructor(
    private readonly origin: string,
    private readonly login: Login,
  ) {}

  /** One JSON request; the answer's status and parsed body (null when there is none). */
  async call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: unknown; headers: Headers }> {
    const json = { body: JSON.stringify(body), contentType: 'application/json' };
    const answer = await this.send(method, path, body === undefined ? undefined : json);
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text), headers: answer.headers };
  }

  /** One request with a body of any type; the answer as it comes. */
  send(method: string, path: string, content?: { body: string; contentType: string }): Promise<Response> {
    const headers = { authorization: basic(this.login) };
    return fetch(`${this.origin}/api/v1${path}`, {
      method,
      ...(content === undefined
        ? { headers }
        : { headers: { ...headers, 'content-type': content.contentType }, body: content.body }),
    });
  }

  /** The same as {@link call}, and an error that shows the answer when it is not a 2xx. */
  async do<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body as T;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  /** Creates a scope map and a token with it, and generates password 1. */
  async createToken(name: string, actions: readonly string[]): Promise<Login> {
    const scopeMap = `${name}-map`;
    await this.do('PUT', `/registries/local/scope-maps/${scopeMap}`, { actions });
    await this.do('PUT', `/registries/local/tokens/${name}`, { scopeMap });
    const { password } = await this.do<{ password: string }>('POST', `/registries/local/tokens/${name}/passwords`, {
      slot: 1,
    });
    return { username: name, password };
  }

  /** The first page of the audit log for a query. */
  entries(query: Record<string, string>): Promise<EntryPage> {
    return this.do<EntryPage>('GET', `/audit/entries?${new URLSearchParams(query).toString()}`);
  }
}
