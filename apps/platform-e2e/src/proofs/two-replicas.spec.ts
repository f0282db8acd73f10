import {
  DockerClient,
  pullManifest,
  pushImage,
  sampleImage,
  startTestPlatform,
  waitFor,
  type Login,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = 'samples/hello-world';
const scope = `repository:${repository}:pull`;
const read = `repositories/${repository}/content/read`;

let berth: TestPlatform;
const urls = (service: 'identity' | 'registry') => berth.platform.services[service].map(({ url }) => url);

beforeAll(async () => {
  berth = await startTestPlatform({ replicas: { identity: 2, registry: 2 } });
  await pushImage(new DockerClient(berth.origin, berth.admin), repository, {
    tag: 'v1',
    image: sampleImage('replicas'),
  });
});
afterAll(async () => berth?.stop());

/** One client for each pair of an identity and a registry replica, each with a token that it has used. */
async function clientsOfEachPair(login: Login) {
  const pairs = urls('identity').flatMap((identity) => urls('registry').map((registry) => ({ identity, registry })));
  return Promise.all(
    pairs.map(async ({ identity, registry }) => {
      const client = new DockerClient(registry, login, `${identity}/oauth2/token`);
      expect((await pullManifest(client, repository, 'v1')).status).toBe(200);
      const held = client.tokenFor(scope) ?? '';
      const replay = (at: string) =>
        fetch(`${at}/v2/${repository}/manifests/v1`, { headers: { authorization: `Bearer ${held}` } });
      return { client, replay };
    }),
  );
}

describe('two identity and two registry processes are one (decision 3)', () => {
  it('decision 3 a token from before a narrowing change is refused everywhere within 1 s, and every client recovers by itself', async () => {
    const login = await berth.management.createToken('narrowed', [read, 'repositories/samples/other/content/read']);
    const clients = await clientsOfEachPair(login);
    await berth.management.do('PATCH', '/registries/local/scope-maps/narrowed-map', { actions: [read] });
    const { tookMs } = await waitFor(
      'each old token is refused at each registry',
      { withinMs: 1000, everyMs: 10 },
      async () => {
        const answers = await Promise.all(clients.flatMap(({ replay }) => urls('registry').map(replay)));
        return answers.every(({ status }) => status === 401) ? true : null;
      },
    );
    for (const { client } of clients) {
      const before = client.tokenRequests;
      expect((await pullManifest(client, repository, 'v1')).status).toBe(200);
      expect(client.tokenRequests).toBe(before + 1);
    }
    console.log(`refused at both registries ${tookMs.toFixed(0)} ms after the change was answered`);
  });

  it('decision 3 no client loops on 401 while a scope map goes to and fro', async () => {
    const login = await berth.management.createToken('to-and-fro', [read, 'repositories/samples/other/content/read']);
    const clients = await clientsOfEachPair(login);
    const path = '/registries/local/scope-maps/to-and-fro-map';
    for (let round = 0; round < 10; round += 1) {
      await berth.management.do('PATCH', path, {
        actions: round % 2 === 0 ? [read] : [read, 'repositories/samples/other/content/read'],
      });
      const answers = await Promise.all(clients.map(({ client }) => pullManifest(client, repository, 'v1')));
      expect(answers.map(({ status }) => status)).toEqual(clients.map(() => 200));
    }
  });

  it('a push through one registry is pulled from the other at once', async () => {
    const [first = '', second = ''] = urls('registry');
    const image = sampleImage('pushed on A');
    await pushImage(new DockerClient(first, berth.admin), 'samples/coherent', { tag: 'v1', image });
    const answer = await pullManifest(new DockerClient(second, berth.admin), 'samples/coherent', 'v1');
    expect(answer.headers.get('docker-content-digest')).toBe(image.manifestDigest);
  });
});
