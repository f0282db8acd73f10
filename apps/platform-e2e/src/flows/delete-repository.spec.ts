import {
  basic,
  DockerClient,
  pullManifest,
  pushImage,
  sampleImage,
  sharedPlatform,
  waitFor,
  type Login,
  type ReachablePlatform,
} from '@berth/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const repository = 'samples/again';
const path = `/registries/local/repositories/${encodeURIComponent(repository)}`;
let berth: ReachablePlatform;

beforeAll(async () => {
  berth = sharedPlatform();
  await push('old');
});

const push = (text: string) =>
  pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'v1', image: sampleImage(text) });

async function tokenFor(login: Login, scopes: readonly string[]): Promise<string> {
  const query = new URLSearchParams({ service: berth.loginServer });
  for (const scope of scopes) query.append('scope', scope);
  const answer = await fetch(`${berth.origin}/oauth2/token?${query.toString()}`, {
    headers: { authorization: basic(login) },
  });
  return ((await answer.json()) as { token: string }).token;
}

const ask = (token: string, method: string, url: string) =>
  fetch(`${berth.origin}${url}`, { method, headers: { authorization: `Bearer ${token}` } });

describe('a repository that is deleted', () => {
  it('opens nothing to tokens from before, although the name is used again (A22)', async () => {
    const actions = ['content/read', 'content/write', 'metadata/read'].map(
      (each) => `repositories/${repository}/${each}`,
    );
    const login = await berth.management.createToken('from-before', [
      ...actions,
      'repositories/samples/target/content/read',
      'repositories/samples/target/content/write',
    ]);
    const scopes = [`repository:${repository}:pull,push`, 'repository:samples/target:pull,push'];
    const token = await tokenFor(login, scopes);
    expect((await ask(token, 'GET', `/v2/${repository}/manifests/v1`)).status).toBe(200);

    expect(await berth.management.call('DELETE', path)).toMatchObject({ status: 204 });
    expect(await berth.management.call('GET', path)).toMatchObject({ status: 404 });
    expect((await ask(token, 'GET', `/v2/${repository}/manifests/v1`)).status).toBe(401);
    await push('new');
    const layer = sampleImage('new').blobs.at(-1)?.digest ?? '';
    for (const [method, url] of [
      ['GET', `/v2/${repository}/manifests/v1`],
      ['GET', `/v2/${repository}/tags/list`],
      ['POST', `/v2/${repository}/blobs/uploads/`],
      ['GET', `/v2/${repository}/blobs/${layer}`],
    ] as const) {
      expect((await ask(token, method, url)).status, `${method} ${url}`).toBe(401);
    }
    const mount = await ask(token, 'POST', `/v2/samples/target/blobs/uploads/?mount=${layer}&from=${repository}`);
    expect(mount.status).toBe(202);

    const pulled = await pullManifest(new DockerClient(berth.origin, login), repository, 'v1');
    expect(pulled.status).toBe(200);
    expect(new Uint8Array(await pulled.arrayBuffer())).toEqual(sampleImage('new').manifest);
  });

  it('is deleted by who holds content/delete on it, and is in the audit log', async () => {
    const told = await waitFor('the deletion is in the log', { withinMs: 20_000, everyMs: 100 }, async () => {
      const { items } = await berth.management.entries({ event: 'repository-deleted', repository, limit: '10' });
      return items[0] ?? null;
    });
    expect(told.value).toMatchObject({ actor: { name: 'admin' }, target: { repository }, outcome: 'allowed' });
    expect(await berth.management.call('DELETE', '/registries/local/repositories/never%2Fwas')).toMatchObject({
      status: 404,
    });
  });
});
