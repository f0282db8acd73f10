import {
  basic,
  DockerClient,
  OciRepository,
  pushImage,
  sampleImage,
  startTestPlatform,
  type SampleImage,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = 'samples/hot';
const hot = sampleImage('pulled over and over');
const cold = sampleImage('pushed and never pulled');

let berth: TestPlatform;
let client: OciRepository;

beforeAll(async () => {
  berth = await startTestPlatform();
  const pusher = new DockerClient(berth.origin, berth.admin);
  await pushImage(pusher, repository, { tag: 'hot', image: hot });
  await pushImage(pusher, repository, { tag: 'cold', image: cold });
  client = new OciRepository(berth.origin, repository, berth.admin);
  await holdTokens();
  for (let n = 0; n < 3; n += 1) expect(await pullHot()).toEqual([]);
});
afterAll(async () => berth?.stop());

/** From now on the client has an access token for each kind of request, as one in the middle of its work has. */
async function holdTokens(): Promise<void> {
  expect((await client.send('GET', '/manifests/hot')).status).toBe(200);
  expect((await client.send('POST', '/blobs/uploads/')).status).toBe(202);
  expect((await client.send('DELETE', '/manifests/never-pushed')).status).toBe(404);
}

async function isExact(path: string, expected: Uint8Array): Promise<boolean> {
  const { status, bytes } = await client.send('GET', path);
  return status === 200 && bytes.equals(expected);
}

/** One whole pull; what of it failed. */
async function pullOf(image: SampleImage, tag: string): Promise<string[]> {
  const parts = [
    { path: `/manifests/${tag}`, bytes: image.manifest },
    ...image.blobs.map(({ digest, bytes }) => ({ path: `/blobs/${digest}`, bytes })),
  ];
  const failed: string[] = [];
  for (const { path, bytes } of parts) {
    const isGood = await isExact(path, bytes).catch(() => false);
    if (!isGood) failed.push(path);
  }
  return failed;
}

const pullHot = () => pullOf(hot, 'hot');

describe('life without Postgres', () => {
  it('what was pulled before is pulled while Postgres is stopped; the rest is 503, never 404 or 401', async () => {
    await berth.platform.postgres?.stop();
    for (let n = 0; n < 20; n += 1) expect(await pullHot()).toEqual([]);
    const coldLayer = cold.blobs.at(-1)?.digest ?? '';
    const manifest = { body: hot.manifest, headers: { 'content-type': hot.mediaType } };
    const refused = [
      ['GET', '/manifests/cold'],
      ['GET', `/manifests/${cold.manifestDigest}`],
      ['GET', '/manifests/never-pushed'],
      ['GET', `/blobs/${coldLayer}`],
      ['HEAD', `/blobs/${coldLayer}`],
      ['GET', '/tags/list'],
      ['GET', `/referrers/${hot.manifestDigest}`],
      ['POST', '/blobs/uploads/'],
      ['PUT', '/manifests/v2', manifest],
      ['DELETE', '/manifests/hot'],
      ['DELETE', `/blobs/${coldLayer}`],
    ] as const;
    const startedAt = performance.now();
    await Promise.all(
      refused.map(async ([method, path, init]) => {
        const { status, headers } = await client.send(method, path, init);
        expect([method, path, status]).toEqual([method, path, 503]);
        expect(Number(headers.get('retry-after')), `${method} ${path}`).toBeGreaterThan(0);
      }),
    );
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(await pullHot()).toEqual([]);
  });

  it('who logs in for the first time while Postgres is stopped is told to come again, not that it is wrong', async () => {
    const query = new URLSearchParams({ service: berth.loginServer, scope: `repository:${repository}:pull` });
    const authorization = basic({ username: 'somebody', password: 'never-seen' });
    const answer = await fetch(`${berth.origin}/oauth2/token?${query.toString()}`, { headers: { authorization } });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('everything is as before when Postgres is back', async () => {
    await berth.platform.postgres?.start();
    expect(await pullHot()).toEqual([]);
    expect(await pullOf(cold, 'cold')).toEqual([]);
    expect((await client.send('GET', '/manifests/never-pushed')).status).toBe(404);
    const next = sampleImage('pushed afterwards');
    await pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'hot', image: next });
    expect(await pullOf(next, 'hot')).toEqual([]);
    await pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'hot', image: hot });
    expect(await pullHot()).toEqual([]);
  });

  it('no pull fails while Postgres is killed and comes back', async () => {
    const failed: string[] = [];
    let pulls = 0;
    let isOver = false;
    const puller = async () => {
      while (!isOver) {
        failed.push(...(await pullHot()));
        pulls += 1;
      }
    };
    const pullers = [puller(), puller(), puller()];
    const morePulls = async (count: number) => {
      for (const until = pulls + count; pulls < until;) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    try {
      await morePulls(10);
      await berth.platform.postgres?.kill();
      await morePulls(10);
      await berth.platform.postgres?.start();
      await morePulls(30);
    } finally {
      isOver = true;
      await Promise.all(pullers);
    }
    expect(failed).toEqual([]);
    console.log(`${pulls} pulls around a kill of Postgres, none failed`);
  });
});
