import {
  DockerClient,
  ManagementClient,
  pullManifest,
  pushImage,
  sampleImage,
  sharedPlatform,
  waitFor,
  type Login,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const berth = sharedPlatform();
const repository = 'scanned/app';
const image = sampleImage('to be scanned');
const path = `/registries/local/repositories/${encodeURIComponent(repository)}/manifests`;
let scanner: Login;

const setRule = (enabled: boolean) =>
  berth.management.do('PUT', '/registries/local/policies/quarantine', { enabled, releaseAfterHours: null });
const push = (text: string) =>
  pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'v1', image: sampleImage(text) });

async function statusOf(login: Login, reference: string): Promise<number> {
  const answer = await pullManifest(new DockerClient(berth.origin, login), repository, reference);
  await answer.arrayBuffer();
  return answer.status;
}

beforeAll(async () => {
  const { id } = await berth.management.do<{ id: string }>('POST', '/service-ids', { name: 'image-scanner' });
  const { apiKey } = await berth.management.do<{ apiKey: string }>('POST', `/service-ids/${id}/api-keys`, {});
  scanner = { username: 'image-scanner', password: apiKey };
  await berth.management.do('POST', '/role-assignments', {
    ...{ principal: `service:${id}`, role: 'AcrQuarantineWriter', scope: '/registries/local' },
  });
  await setRule(true);
  let pushed = 0;
  await waitFor('the registry closes what is pushed', { withinMs: 10_000, everyMs: 100 }, async () => {
    await push(`probe ${(pushed += 1)}`);
    return (await statusOf(berth.admin, 'v1')) === 404 ? true : null;
  });
});

afterAll(() => setRule(false));

describe('a registry where what is pushed is scanned first', () => {
  it('S2-14 S3-02 S3-11 D21 keeps it closed, also to its Owner, who cannot open it', async () => {
    await push('to be scanned');
    expect(await statusOf(berth.admin, 'v1')).toBe(404);
    expect(await statusOf(berth.admin, image.manifestDigest)).toBe(403);
    const passed = { quarantineState: 'Passed' };
    const refused = await berth.management.call('PATCH', `${path}/${image.manifestDigest}`, passed);
    expect(refused.status).toBe(403);
  });

  it('S3-04 S3-05 S3-06 lets the scanner find it, pull it by its digest with its blobs, and pass it; then all pull it', async () => {
    const desk = new ManagementClient(berth.origin, scanner);
    const listed = await desk.do<{ items: { digest: string }[] }>('GET', `${path}?quarantineState=Quarantined`);
    expect(listed.items.map(({ digest }) => digest)).toContain(image.manifestDigest);
    expect(await statusOf(scanner, 'v1')).toBe(401);
    expect(await statusOf(scanner, image.manifestDigest)).toBe(200);
    const client = new DockerClient(berth.origin, scanner);
    for (const { digest, bytes } of image.blobs) {
      const scope = `repository:${repository}:pull`;
      const blob = await client.request(`/v2/${repository}/blobs/${digest}`, scope);
      expect(new Uint8Array(await blob.arrayBuffer())).toEqual(bytes);
    }
    const details = JSON.stringify({ state: 'scan passed', link: 'https://scanner.example/1' });
    const passed = await desk.do('PATCH', `${path}/${image.manifestDigest}`, {
      ...{ quarantineState: 'Passed', quarantineDetails: details },
    });
    expect(passed).toMatchObject({ quarantineState: 'Passed', quarantineDetails: details });
    expect(await statusOf(berth.admin, 'v1')).toBe(200);
    // Strictly: a scanner that shall scan again what was passed holds AcrPull besides.
    expect(await statusOf(scanner, image.manifestDigest)).toBe(401);
  });

  it('is on the record: put in, looked at, passed', async () => {
    const found = await waitFor('the entries are in the log', { withinMs: 20_000, everyMs: 200 }, async () => {
      const { items } = await berth.management.entries({ repository, limit: '1000' });
      const events = items.filter(({ target }) => target.digest === image.manifestDigest).map(({ event }) => event);
      return events.includes('quarantine-passed') && events.includes('pull') ? events : null;
    });
    expect(found.value).toContain('quarantined');
  });
});
