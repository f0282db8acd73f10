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

const repository = 'recalled/firmware';
const scope = `repository:${repository}:pull`;
let berth: ReachablePlatform;

beforeAll(async () => {
  berth = sharedPlatform();
  const image = sampleImage('recalled');
  await pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'v1', image });
  const actions = [`repositories/${repository}/content/read`];
  await berth.management.do('PUT', '/registries/local/scope-maps/recalled-read', { actions });
});

/** Imports tokens with a label; devices that have pulled once, each with the access token it holds. */
async function pullingDevices(batch: string, count: number) {
  const names = Array.from({ length: count }, (_, n) => `${batch}-${n}`);
  const lines = names.map((name) => JSON.stringify({ name, scopeMap: 'recalled-read', labels: { batch } }));
  const content = { body: `${lines.join('\n')}\n`, contentType: 'application/x-ndjson' };
  const answer = await berth.management.send('POST', '/registries/local/tokens:import', content);
  expect(answer.status).toBe(200);
  const imported = (await answer.text()).trim().split('\n');
  return Promise.all(
    imported.map(async (line) => {
      const { name: username, password } = JSON.parse(line) as { name: string; password: string };
      const client = new DockerClient(berth.origin, { username, password });
      expect((await pullManifest(client, repository, 'v1')).status).toBe(200);
      const authorization = `Bearer ${client.tokenFor(scope) ?? ''}`;
      const replay = () => fetch(`${berth.origin}/v2/${repository}/manifests/v1`, { headers: { authorization } });
      return { client, replay };
    }),
  );
}

describe('many devices revoked at once by their label', () => {
  it('experiment 38 each is refused within a second, with the access token it holds and at its next log-in; the others pull on', async () => {
    const [recalled, kept] = await Promise.all([pullingDevices('recalled', 50), pullingDevices('kept', 5)]);
    const revoked = await berth.management.do('POST', '/registries/local/tokens:revoke', {
      labels: { batch: 'recalled' },
    });
    expect(revoked).toEqual({ revoked: 50, more: false });
    await Promise.all([
      ...recalled.map(({ replay }) =>
        waitFor('a held access token is refused', { withinMs: 1000, everyMs: 50 }, async () =>
          (await replay()).status === 401 ? true : null,
        ),
      ),
      ...kept.map(async ({ replay }) => expect((await replay()).status).toBe(200)),
    ]);
    const again = await Promise.all(recalled.map(({ client }) => pullManifest(client, repository, 'v1')));
    expect(again.map(({ status }) => status)).toEqual(again.map(() => 401));
    for (const { client } of kept) expect((await pullManifest(client, repository, 'v1')).status).toBe(200);
  });
});
