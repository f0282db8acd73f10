import {
  DockerClient,
  pullManifest,
  pushImage,
  sampleImage,
  sharedPlatform,
  visitProvider,
  waitFor,
  type ProviderPerson,
} from '@berth/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const berth = sharedPlatform();
const repository = 'people/handbook';
const grace = { sub: 'grace-1906', preferred_username: 'grace', groups: ['people-readers'] };

/** A browser, as far as Berth goes: it keeps the cookies of the origin and follows no redirect by itself. */
class Browser {
  private readonly cookies = new Map<string, string>();

  async visit(path: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
    const cookie = Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...init.headers, cookie };
    const answer = await fetch(`${berth.origin}${path}`, { ...init, headers, redirect: 'manual' });
    for (const set of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=', 2);
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** As a page of Berth's own sends a change. */
  change(method: string, path: string, body: unknown) {
    const headers = { 'content-type': 'application/json', origin: berth.origin };
    return this.visit(path, { method, headers, body: JSON.stringify(body) });
  }

  /** From `/auth/login` to the identity provider and back. */
  async logIn(person: ProviderPerson): Promise<void> {
    await fetch(`${berth.providerUrl}/person`, { method: 'PUT', body: JSON.stringify(person) });
    const sent = await this.visit('/auth/login');
    expect(sent.status).toBe(302);
    const back = await visitProvider(sent.headers.get('location') ?? '', `${berth.origin}/auth/callback`);
    expect((await this.visit(`${back.pathname}${back.search}`)).status).toBe(200);
  }
}

const jsonOf = async <T>(answer: Response): Promise<T> => (await answer.json()) as T;

beforeAll(async () => {
  const image = sampleImage('handbook');
  await pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'v1', image });
});

describe('a person whom an identity provider vouches for', () => {
  const browser = new Browser();
  let login: { username: string; password: string };

  it('logs in with the browser, and holds what the group holds that the provider names', async () => {
    await browser.logIn(grace);
    const me = await jsonOf<{ id: string; name: string }>(await browser.visit('/api/v1/users/me'));
    expect(me.name).toContain('grace');
    const groups = await berth.management.do<{ items: { id: string; name: string }[] }>('GET', '/groups?limit=1000');
    const group = groups.items.find(({ name }) => name.includes('people-readers'));
    await berth.management.do('POST', '/role-assignments', {
      principal: `group:${group?.id}`,
      role: 'AcrPull',
      scope: `/registries/local/repositories/${repository}`,
    });
  });

  it('mints a token of her own there, and pulls with it as docker does', async () => {
    const wish = {
      registry: 'local',
      name: 'graces-laptop',
      repositories: [{ name: repository, actions: ['content/read'] }],
    };
    const { value: minted } = await waitFor('the assignment is known', { withinMs: 2_000, everyMs: 50 }, async () => {
      const answer = await browser.change('POST', '/api/v1/users/me/tokens', wish);
      if (answer.status === 201) return jsonOf<{ name: string; password: string }>(answer);
      await answer.body?.cancel();
      return null;
    });
    login = { username: minted.name, password: minted.password };
    expect((await pullManifest(new DockerClient(berth.origin, login), repository, 'v1')).status).toBe(200);
  });

  it('changes nothing by a page of somebody else, nor opens the data plane by the cookie', async () => {
    const headers = { 'content-type': 'application/json', origin: 'https://evil.example' };
    const body = JSON.stringify({ registry: 'local', name: 'evils-token', repositories: [] });
    expect((await browser.visit('/api/v1/users/me/tokens', { method: 'POST', headers, body })).status).toBe(403);
    expect((await browser.visit(`/v2/${repository}/manifests/v1`)).status).toBe(401);
  });

  it('loses what the group gave with the next log-in that no longer names it', async () => {
    const client = new DockerClient(berth.origin, login);
    expect((await pullManifest(client, repository, 'v1')).status).toBe(200);
    await browser.logIn({ ...grace, groups: [] });
    await waitFor('the token of hers gives nothing', { withinMs: 1_000, everyMs: 20 }, async () =>
      (await pullManifest(client, repository, 'v1')).status === 401 ? true : null,
    );
  });

  it('is nobody after the log-out', async () => {
    expect((await browser.visit('/api/v1/users/me')).status).toBe(200);
    const out = await browser.change('POST', '/auth/logout', {});
    expect(out.status).toBeLessThan(300);
    expect((await browser.visit('/api/v1/users/me')).status).toBe(401);
  });
});
