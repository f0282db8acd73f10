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
const read = [`repositories/${repository}/content/read`];
const pull = (client: DockerClient) => pullManifest(client, repository, 'v1');

let berth: TestPlatform;

beforeAll(async () => {
  berth = await startTestPlatform();
  await pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'v1', image: sampleImage('alone') });
});
afterAll(async () => berth?.stop());

const stopAll = (service: 'policy' | 'audit' | 'identity') =>
  Promise.all(berth.platform.services[service].map((process) => process.stop()));
const startAll = (service: 'policy' | 'audit' | 'identity') =>
  Promise.all(berth.platform.services[service].map((process) => process.start()));

describe('each service goes on without the others (decisions 1 and 4)', () => {
  it('decision 2 with Kafka stopped, a narrowed scope map bites at issue within 5 s', async () => {
    const login = await berth.management.createToken('kafka-away', read);
    expect((await pull(new DockerClient(berth.origin, login))).status).toBe(200);
    await berth.platform.kafka?.stop();
    await berth.management.do('PATCH', '/registries/local/scope-maps/kafka-away-map', {
      actions: ['repositories/samples/other/content/read'],
    });
    const { tookMs } = await waitFor('a new log-in gets nothing', { withinMs: 5000 }, async () =>
      (await pull(new DockerClient(berth.origin, login))).status === 401 ? true : null,
    );
    console.log(`Kafka stopped: refused at issue ${tookMs.toFixed(0)} ms after the change was answered`);
    await berth.platform.kafka?.start();
  });

  it('decision 1 decision 4 pulls and log-ins go on while policy, audit and Kafka are stopped, and nothing is lost to the audit log', async () => {
    const login = await berth.management.createToken('left-alone', read);
    await Promise.all([stopAll('policy'), stopAll('audit'), berth.platform.kafka?.stop()]);
    for (let n = 0; n < 20; n += 1) {
      const fresh = new DockerClient(berth.origin, login);
      expect((await pull(fresh)).status).toBe(200);
      expect(fresh.tokenRequests).toBe(1);
    }
    await berth.platform.kafka?.start();
    await Promise.all([startAll('policy'), startAll('audit')]);
    await waitFor('all 20 pulls and log-ins are in the audit log', { withinMs: 30_000, everyMs: 200 }, async () => {
      const { items } = await berth.management.entries({ actor: 'left-alone', limit: '1000' });
      const count = (event: string) => items.filter((entry) => entry.event === event).length;
      return count('pull') === 20 && count('token-issued') === 20 ? true : null;
    });
  });

  it('decision 1 a client that holds an access token goes on pulling while identity is stopped', async () => {
    const login = await berth.management.createToken('token-in-hand', read);
    const client = new DockerClient(berth.origin, login);
    expect((await pull(client)).status).toBe(200);
    await stopAll('identity');
    expect((await pull(client)).status).toBe(200);
    await startAll('identity');
  });
});
