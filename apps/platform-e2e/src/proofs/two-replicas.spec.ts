import { digestOf } from '@berth/oci';
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
});

describe('two registry processes on one database and store behave as one', () => {
  const name = 'samples/coherent';
  const clients = () => {
    const [first = '', second = ''] = urls('registry');
    return { a: new DockerClient(first, berth.admin), b: new DockerClient(second, berth.admin) };
  };
  const send = (client: DockerClient, method: string, path: string, body?: Uint8Array) =>
    client.request(path.startsWith('/v2/') ? path : `/v2/${name}${path}`, `repository:${name}:pull,push,delete`, {
      method,
      ...(body && { body: Buffer.from(body) }),
    });
  const statusOf = async (client: DockerClient, path: string) => {
    const answer = await send(client, 'GET', path);
    await answer.body?.cancel();
    return answer.status;
  };

  it('a push through one registry is pulled from the other at once', async () => {
    const { a, b } = clients();
    const image = sampleImage('pushed on A');
    await pushImage(a, name, { tag: 'v1', image });
    const answer = await pullManifest(b, name, 'v1');
    expect(answer.headers.get('docker-content-digest')).toBe(image.manifestDigest);
    for (const { digest } of image.blobs) expect(await statusOf(b, `/blobs/${digest}`)).toBe(200);
  });

  it('a tag moved through one registry is the new one at the other at once', async () => {
    const { a, b } = clients();
    for (let round = 0; round < 5; round += 1) {
      const image = sampleImage(`moved ${round}`);
      await pushImage(a, name, { tag: 'moving', image });
      for (const client of [b, a]) {
        const answer = await pullManifest(client, name, 'moving');
        expect(answer.headers.get('docker-content-digest')).toBe(image.manifestDigest);
      }
    }
  });

  it('what is deleted through one registry is gone at once at the other, which had it in memory', async () => {
    const { a, b } = clients();
    const image = sampleImage('deleted on A');
    await pushImage(a, name, { tag: 'doomed', image });
    const [config, layer] = image.blobs;
    const paths = [`/manifests/doomed`, `/manifests/${image.manifestDigest}`, `/blobs/${layer?.digest ?? ''}`];
    for (const path of [...paths, ...paths]) expect(await statusOf(b, path)).toBe(200);
    expect((await send(a, 'DELETE', `/manifests/${image.manifestDigest}`)).status).toBe(202);
    expect(await statusOf(b, '/manifests/doomed')).toBe(404);
    expect(await statusOf(b, `/manifests/${image.manifestDigest}`)).toBe(404);
    for (const { digest } of image.blobs) {
      expect((await send(a, 'DELETE', `/blobs/${digest}`)).status).toBe(202);
      expect(await statusOf(b, `/blobs/${digest}`)).toBe(404);
    }
    const tags = await (await send(b, 'GET', '/tags/list')).text();
    expect(tags).not.toContain('doomed');
    expect(await statusOf(b, `/blobs/${config?.digest ?? ''}`)).toBe(404);
  });

  it('an upload begun at one registry goes on at the other', async () => {
    const { a, b } = clients();
    const parts = ['begun on A, ', 'continued on B, ', 'ended on B'].map((text) => new TextEncoder().encode(text));
    const [first, second, third] = parts;
    const location = (await send(a, 'POST', '/blobs/uploads/')).headers.get('location') ?? '';
    expect((await send(a, 'PATCH', location, first)).status).toBe(202);
    const status = await send(b, 'GET', location);
    expect([status.status, status.headers.get('range')]).toEqual([204, `0-${(first?.length ?? 0) - 1}`]);
    expect((await send(b, 'PATCH', location, second)).status).toBe(202);
    const digest = digestOf(Buffer.concat(parts));
    expect((await send(b, 'PUT', `${location}?digest=${digest}`, third)).status).toBe(201);
    for (const client of [a, b]) {
      const answer = await send(client, 'GET', `/blobs/${digest}`);
      expect([answer.status, await answer.text()]).toEqual([200, 'begun on A, continued on B, ended on B']);
    }
    expect((await send(a, 'GET', location)).status).toBe(404);
  });
});
