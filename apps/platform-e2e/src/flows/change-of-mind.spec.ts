import {
  DockerClient,
  pullManifest,
  pushImage,
  sampleImage,
  sharedPlatform,
  waitFor,
  type ReachablePlatform,
} from '@berth/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const image = sampleImage('change of mind');
const scope = 'repository:change/of-mind:pull';
const read = ['repositories/change/of-mind/content/read'];

let berth: ReachablePlatform;

beforeAll(async () => {
  berth = sharedPlatform();
  await pushImage(new DockerClient(berth.origin, berth.admin), 'change/of-mind', { tag: 'v1', image });
});

const pull = (client: DockerClient) => pullManifest(client, 'change/of-mind', 'v1');

/** A client that has pulled once, and the access token it holds. */
async function pullingClient(name: string) {
  const login = await berth.management.createToken(name, read);
  const client = new DockerClient(berth.origin, login);
  expect((await pull(client)).status).toBe(200);
  const held = client.tokenFor(scope) ?? '';
  const replay = () =>
    fetch(`${berth.origin}/v2/change/of-mind/manifests/v1`, { headers: { authorization: `Bearer ${held}` } });
  expect((await replay()).status).toBe(200);
  return { client, replay };
}

const untilRefused = (replay: () => Promise<Response>) =>
  waitFor('the held access token is refused', { withinMs: 1000, everyMs: 10 }, async () => {
    const answer = await replay();
    return answer.status === 401 ? answer : null;
  });

describe('a change of mind bites within a second, on tokens that are already out', () => {
  it('A29 decision 3 a disabled token: its held access token stops; enabled again, the next pull works by itself', async () => {
    const { client, replay } = await pullingClient('disabled-soon');
    await berth.management.do('PATCH', '/registries/local/tokens/disabled-soon', { status: 'disabled' });
    const { value: refusal } = await untilRefused(replay);
    expect(refusal.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect((await pull(client)).status).toBe(401);
    await berth.management.do('PATCH', '/registries/local/tokens/disabled-soon', { status: 'enabled' });
    expect((await pull(client)).status).toBe(200);
    expect((await replay()).status).toBe(401);
  });

  it('S0-15 decision 2 a scope map that loses the action: every token of it stops; given back, pulls work again', async () => {
    const { client, replay } = await pullingClient('narrowed-soon');
    const map = '/registries/local/scope-maps/narrowed-soon-map';
    await berth.management.do('PATCH', map, { actions: ['repositories/samples/other/content/read'] });
    await untilRefused(replay);
    expect((await pull(client)).status).toBe(401);
    await berth.management.do('PATCH', map, { actions: read });
    await waitFor('the pull works again', { withinMs: 1000 }, async () =>
      (await pull(client)).status === 200 ? true : null,
    );
  });

  it('S0-17 a regenerated password ends only what came from that password', async () => {
    const first = await pullingClient('two-passwords');
    const second = await berth.management.do<{ password: string }>(
      'POST',
      '/registries/local/tokens/two-passwords/passwords',
      { slot: 2 },
    );
    const other = new DockerClient(berth.origin, { username: 'two-passwords', password: second.password });
    expect((await pull(other)).status).toBe(200);
    await berth.management.do('POST', '/registries/local/tokens/two-passwords/passwords', { slot: 1 });
    await untilRefused(first.replay);
    expect((await pull(first.client)).status).toBe(401);
    expect((await pull(other)).status).toBe(200);
    expect(other.tokenRequests).toBe(1);
  });

  it('a widened scope map ends no token: the next scope is simply there', async () => {
    const { replay } = await pullingClient('widened-soon');
    await berth.management.do('PATCH', '/registries/local/scope-maps/widened-soon-map', {
      actions: [...read, 'repositories/samples/other/content/read'],
    });
    expect((await replay()).status).toBe(200);
  });

  it('S0-04 revoking one device leaves every other at work', async () => {
    const { replay } = await pullingClient('device-0001');
    const other = await pullingClient('device-0002');
    await berth.management.do('DELETE', '/registries/local/tokens/device-0001');
    await untilRefused(replay);
    expect((await other.replay()).status).toBe(200);
  });
});
