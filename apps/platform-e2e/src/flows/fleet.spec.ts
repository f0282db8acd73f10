import { createHmac } from 'node:crypto';
import {
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

interface FleetKey {
  readonly id: string;
  readonly key: string;
  readonly registryId: string;
  readonly fleetId: string;
}

const repository = 'meters/firmware';
const fleet = '/registries/local/fleets/meters';
const scope = `repository:${repository}:pull`;
let berth: ReachablePlatform;
let first: FleetKey;

beforeAll(async () => {
  berth = sharedPlatform();
  await pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'v1', image: sampleImage('meter') });
  const actions = [`repositories/${repository}/content/read`];
  await berth.management.do('PUT', '/registries/local/scope-maps/meters-read', { actions });
  await berth.management.do('PUT', fleet, { scopeMap: 'meters-read' });
  first = await berth.management.do<FleetKey>('POST', `${fleet}/keys`);
});

/** As a factory does it, offline, from what docs/fleets.md says. */
function loginOf(device: string, { id, key, registryId, fleetId }: FleetKey): Login {
  const text = ['berth-fleet-1', registryId, fleetId, id, device].join('\0');
  const password = `brf_${id}_${createHmac('sha256', key).update(text).digest('base64url')}`;
  return { username: `meters/${device}`, password };
}

const pull = (client: DockerClient) => pullManifest(client, repository, 'v1');

/** A device that has pulled once, and the access token it holds. */
async function pullingDevice(device: string, key = first) {
  const client = new DockerClient(berth.origin, loginOf(device, key));
  expect((await pull(client)).status).toBe(200);
  const authorization = `Bearer ${client.tokenFor(scope) ?? ''}`;
  const replay = () => fetch(`${berth.origin}/v2/${repository}/manifests/v1`, { headers: { authorization } });
  expect((await replay()).status).toBe(200);
  return { client, replay };
}

const untilRefused = (replay: () => Promise<Response>) =>
  waitFor('the held access token is refused', { withinMs: 1000, everyMs: 10 }, async () =>
    (await replay()).status === 401 ? true : null,
  );

describe('a fleet, whose devices have passwords that nobody stored', () => {
  it('a device pulls with a password that was derived offline, and the audit log names it', async () => {
    await pullingDevice('device-1');
    await waitFor('its pull is in the log', { withinMs: 20_000, everyMs: 100 }, async () => {
      const { items } = await berth.management.entries({ actor: 'meters/device-1', limit: '100' });
      const pulls = items.filter(({ event }) => event === 'pull');
      return pulls.every(({ actor }) => actor.id === `device:${first.fleetId}/device-1`) && pulls.length > 0
        ? true
        : null;
    });
  });

  it('a device that is locked out stops within a second, the others go on; let in again it pulls by itself', async () => {
    const one = await pullingDevice('one');
    const two = await pullingDevice('two');
    await berth.management.do('PUT', `${fleet}/denied/one`);
    await untilRefused(one.replay);
    expect([(await pull(one.client)).status, (await two.replay()).status, (await pull(two.client)).status]).toEqual([
      401, 200, 200,
    ]);
    await berth.management.do('DELETE', `${fleet}/denied/one`);
    expect((await pull(one.client)).status).toBe(200);
  });

  it('a key that is disabled ends what came from it within a second, and nothing of the next key', async () => {
    const next = await berth.management.do<FleetKey>('POST', `${fleet}/keys`);
    const byFirst = await pullingDevice('three');
    const byNext = await pullingDevice('three', next);
    await berth.management.do('PATCH', `${fleet}/keys/${first.id}`, { status: 'disabled' });
    await untilRefused(byFirst.replay);
    expect([(await pull(byFirst.client)).status, (await byNext.replay()).status]).toEqual([401, 200]);
  });
});
