import {
  DockerClient,
  pullManifest,
  pushImage,
  sampleImage,
  startTestPlatform,
  waitFor,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = 'samples/hello-world';
const image = sampleImage('killed');

let berth: TestPlatform;

beforeAll(async () => {
  berth = await startTestPlatform();
  await pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'v1', image });
});
afterAll(async () => berth?.stop());

describe('kill -9 loses nothing that was answered (decision 4)', () => {
  it('decision 4 registry killed right after a 200: the pull is in the audit log', async () => {
    const [registry] = berth.platform.services.registry;
    if (registry === undefined) throw new Error('no registry process');
    for (let round = 1; round <= 3; round += 1) {
      const login = await berth.management.createToken(`killed-${round}`, [`repositories/${repository}/content/read`]);
      const answer = await pullManifest(new DockerClient(registry.url, login), repository, 'v1');
      expect(answer.status).toBe(200);
      await registry.kill('SIGKILL');
      await registry.start();
      await waitFor(`pull of round ${round} is in the log, once`, { withinMs: 20_000, everyMs: 100 }, async () => {
        const { items } = await berth.management.entries({ actor: login.username, limit: '100' });
        const pulls = items.filter((entry) => entry.event === 'pull');
        expect(pulls.length).toBeLessThanOrEqual(1);
        return pulls.length === 1 ? true : null;
      });
    }
  });

  it('decision 4 policy killed right after it answered a change: the change bites and is in the audit log', async () => {
    const [policy] = berth.platform.services.policy;
    if (policy === undefined) throw new Error('no policy process');
    const login = await berth.management.createToken('policy-killed', [`repositories/${repository}/content/read`]);
    await berth.management.do('PATCH', '/registries/local/scope-maps/policy-killed-map', {
      actions: ['repositories/samples/other/content/read'],
    });
    await policy.kill('SIGKILL');
    await policy.start();
    await waitFor('the log-in gets nothing', { withinMs: 10_000, everyMs: 100 }, async () => {
      const answer = await pullManifest(new DockerClient(berth.origin, login), repository, 'v1');
      return answer.status === 401 ? true : null;
    });
    await waitFor('the change is in the log', { withinMs: 20_000, everyMs: 100 }, async () => {
      const { items } = await berth.management.entries({ actor: 'admin', event: 'updated', limit: '100' });
      return items.some((entry) => entry.target.resourceName === 'policy-killed-map') ? true : null;
    });
  });

  it('an image pushed before registry, identity and Postgres were killed is pulled byte-exact afterwards', async () => {
    const { registry, identity } = berth.platform.services;
    await Promise.all([...registry, ...identity].map((process) => process.kill('SIGKILL')));
    await berth.platform.postgres?.kill();
    await berth.platform.postgres?.start();
    await Promise.all([...registry, ...identity].map((process) => process.start()));
    const { value: answer } = await waitFor('the pull works', { withinMs: 20_000, everyMs: 100 }, async () => {
      const pulled = await pullManifest(new DockerClient(berth.origin, berth.admin), repository, 'v1');
      return pulled.status === 200 ? pulled : null;
    });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(image.manifest);
  });
});
