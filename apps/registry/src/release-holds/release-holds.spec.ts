import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignRole, setQuarantine } from '../quarantine.suite.js';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { pushImage } from '../sample-content.suite.js';
import { ReleaseHolds } from './release-holds.js';

const hourMs = 3_600_000;
const name = 'team/held';
let place: TestPlace;
let registry: TestRegistry;
let image: Awaited<ReturnType<typeof pushImage>>;
let failed: Awaited<ReturnType<typeof pushImage>>;
let unlimited: Awaited<ReturnType<typeof pushImage>>;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  await assignRole(registry, 'AcrQuarantineWriter', 'service:scanner');
  await assignRole(registry, 'AcrPull', 'service:reader');
  await setQuarantine(registry, { isOn: true });
  unlimited = await pushImage(registry, name, { tag: 'unlimited', text: 'unlimited' });
  await setQuarantine(registry, { isOn: true, releaseAfterHours: 1 });
  image = await pushImage(registry, name, { tag: 'v1', text: 'held' });
  failed = await pushImage(registry, name, { tag: 'failed', text: 'failed' });
  const body = JSON.stringify({ quarantineState: 'Failed' });
  const headers = { 'content-type': 'application/json' };
  expect((await registry.ask('PATCH', pathOf(failed.digest), { ...manage(), body, headers })).status).toBe(200);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const pathOf = (digest: string) => `/api/v1/registries/local/repositories/team%2Fheld/manifests/${digest}`;

/** Of the registry's own time: a token lives five minutes. */
let elapsedMs = 0;
const later = () => {
  const iat = Math.floor((Date.now() + elapsedMs) / 1000);
  return { iat, nbf: iat, exp: iat + 60 };
};
const manage = (sub = 'service:scanner') => ({
  token: place.identity.managementToken({ sub, ver: { [sub]: 1 }, ...later() }),
});

function advance(ms: number): void {
  registry.advance(ms);
  elapsedMs += ms;
}

async function seen({ digest, layer }: { digest: string; layer: string }, tag: string): Promise<number[]> {
  const token = place.identity.token(
    { [name]: ['pull'] },
    { sub: 'token:01900000-0000-7000-8000-00000000bbbb', ...later() },
  );
  const paths = [`manifests/${tag}`, `manifests/${digest}`, `blobs/${layer}`];
  return Promise.all(paths.map(async (path) => (await registry.ask('GET', `/v2/${name}/${path}`, { token })).status));
}

async function tags(): Promise<string[]> {
  const token = place.identity.token({ [name]: ['metadata_read'] }, later());
  return ((await (await registry.ask('GET', `/v2/${name}/tags/list`, { token })).json()) as { tags: string[] }).tags;
}

const stateOf = async (digest: string) =>
  (await (await registry.ask('GET', pathOf(digest), manage('service:reader'))).json()) as Record<string, unknown>;

const closed = [404, 403, 403];
const open = [200, 200, 200];
const holds = () => registry.app.get(ReleaseHolds, { strict: false });

describe('what nobody decided about', () => {
  it('opens at its instant, before any round, and nothing else does', async () => {
    advance(hourMs - 60_000);
    expect(await seen(image, 'v1')).toEqual(closed);
    expect(await tags()).toEqual([]);
    advance(2 * 60_000);
    expect(await seen(image, 'v1')).toEqual(open);
    expect(await tags()).toEqual(['v1']);
    expect(await stateOf(image.digest)).toMatchObject({ quarantineState: 'Passed', changedBy: null });
    expect(await seen(failed, 'failed')).toEqual(closed);
    expect(await seen(unlimited, 'unlimited')).toEqual(closed);
    advance(-2 * 60_000);
    expect(await seen(image, 'v1')).toEqual(closed);
    advance(2 * 60_000);
  });

  it('is written down as passed by a round, once, on the record', async () => {
    const before = await stateOf(image.digest);
    expect(await holds().release()).toBe(1);
    expect(await holds().release()).toBe(0);
    expect(await stateOf(image.digest)).toEqual(before);
    expect((await registry.recorded()).at(-1)).toMatchObject({
      ...{ event: 'quarantine-passed', reason: 'nobody-decided', actor: { id: null } },
      target: { repository: name, digest: image.digest },
    });
    for (let n = 0; n < 2; n++) expect(await seen(image, 'v1')).toEqual(open);
    const rows = await registry.db.query(`select 1 from manifest where digest = $1 and closed_until is null`, [
      image.digest,
    ]);
    expect(rows).toHaveLength(1);
    expect(await seen(failed, 'failed')).toEqual(closed);
  });
});
