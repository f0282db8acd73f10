import { DockerClient, pushImage, sampleImage, sharedPlatform, waitFor, type ReachablePlatform } from '@berth/testing';
import { beforeAll, describe, expect, it } from 'vitest';

interface Explained {
  readonly decisions: readonly {
    readonly effect: 'allow' | 'deny';
    readonly by?: string;
    readonly missing: string | null;
    readonly considered: readonly { readonly outcome: string }[];
    readonly nearest: { readonly kind: string; readonly line?: string; readonly scopeMapId?: string } | null;
  }[];
}

const repository = 'factory/sensor';
const image = sampleImage('explained');
let berth: ReachablePlatform;

beforeAll(() => {
  berth = sharedPlatform();
});

describe('a denied push is explained, and mended by what the explanation says', () => {
  const lines = ['repositories/explained/*/content/read', 'repositories/explained/*/content/write'];
  let client: DockerClient;
  let principal: string;

  const push = () => pushImage(client, repository, { tag: 'v1', image });
  const explain = async () => {
    const requests = [{ principal, action: 'push', registry: 'local', repository }];
    const { decisions } = await berth.management.do<Explained>('POST', '/decisions:explain', { requests });
    return decisions[0];
  };

  it('S0-02 a token that may push elsewhere is refused here', async () => {
    client = new DockerClient(berth.origin, await berth.management.createToken('explained-push', lines));
    const { id } = await berth.management.do<{ id: string }>('GET', '/registries/local/tokens/explained-push');
    principal = `token:${id}`;
    await pushImage(client, 'explained/sensor', { tag: 'v1', image });
    await expect(push()).rejects.toThrow();
  });

  it('the explanation names what was considered, what is missing, and the line to add', async () => {
    const map = await berth.management.do<{ id: string }>('GET', '/registries/local/scope-maps/explained-push-map');
    expect(await explain()).toMatchObject({
      effect: 'deny',
      reason: 'scope-map-lacks-action',
      missing: `needs content/write on ${repository}; scope map explained-push-map grants it on explained/*`,
      considered: [{ by: `scope-map:${map.id}`, outcome: 'grants-elsewhere' }],
      nearest: { kind: 'add-line', scopeMapId: map.id, line: `repositories/${repository}/content/write` },
    });
  });

  it('with that line, and the one to read, the push goes through within a second', async () => {
    const line = (await explain())?.nearest?.line ?? '';
    const actions = [...lines, line, `repositories/${repository}/content/read`];
    await berth.management.do('PATCH', '/registries/local/scope-maps/explained-push-map', { actions });
    await waitFor('the push goes through', { withinMs: 1000 }, async () => {
      await push();
      return true;
    });
    expect(await explain()).toMatchObject({ effect: 'allow', missing: null, nearest: null });
  });

  it('who can push there: the token by its scope map, and admin by a role', async () => {
    const asked = { action: 'push', registry: 'local', repository };
    const { items } = await berth.management.do<{ items: { name: string; grant: string }[] }>(
      'POST',
      '/decisions:who-can',
      asked,
    );
    expect(items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'admin', grant: 'Owner' }),
        expect.objectContaining({ name: 'explained-push-map', grant: 'explained-push-map' }),
      ]),
    );
    const tokens = await berth.management.do('POST', '/decisions:who-can', {
      ...asked,
      scopeMap: 'explained-push-map',
    });
    expect(tokens).toMatchObject({ items: [{ holder: principal, name: 'explained-push', enabled: true }], next: null });
  });

  it('a registry that is being deleted refuses everything at once, and is gone once it is empty', async () => {
    await berth.management.do('PUT', '/registries/shortlived', {});
    expect((await berth.management.call('DELETE', '/registries/shortlived')).status).toBe(202);
    await waitFor('it is gone', { withinMs: 20_000, everyMs: 200 }, async () => {
      const { status } = await berth.management.call('GET', '/registries/shortlived');
      return status === 404 ? true : null;
    });
    expect(await berth.management.call('PUT', '/registries/shortlived', {})).toMatchObject({
      status: 409,
      body: { code: 'name-held-back' },
    });
  });
});
