import { installation, type ManagementClaims } from '@berth/contracts';
import { digestOf } from '@berth/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assignRole, pushIndex, setQuarantine, tokenOfOther } from '../quarantine.suite.js';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { imageOf, imageType, pullFrom, pushImage, putManifest } from '../sample-content.suite.js';

const scanner = 'service:scanner';
let place: TestPlace;
let registry: TestRegistry;
let replica: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  // What is remembered must not be answered because Postgres is slow.
  const settings = { BERTH_MAX_STALE_METADATA: 0 };
  registry = await TestRegistry.start(place, { settings });
  replica = await TestRegistry.start(place, { instance: 'registry-2', settings });
  await assignRole(registry, 'AcrQuarantineWriter', scanner);
  await assignRole(registry, 'AcrQuarantineReader', 'service:reader');
  await assignRole(registry, 'Owner', 'user:owner');
  await assignRole(registry, 'Contributor', 'user:contributor');
  await assignRole(registry, 'AcrDelete', 'service:cleaner');
  await assignRole(registry, 'AcrDelete', scanner);
});

beforeEach(() => setQuarantine(registry, { isOn: true }));

afterAll(async () => {
  await registry.stop();
  await replica.stop();
  await place.remove();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const pathOf = (name: string, digest: string) =>
  `/api/v1/registries/local/repositories/${encodeURIComponent(name)}/manifests/${digest}`;

async function call(
  method: string,
  path: string,
  { body, as = scanner }: { body?: unknown; as?: string } = {},
): Promise<Answer> {
  const claims: Partial<ManagementClaims> = { sub: as, name: as.slice(as.indexOf(':') + 1), ver: { [as]: 1 } };
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await registry.ask(method, path, { token: place.identity.managementToken(claims), ...init });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const set = (
  name: string,
  digest: string,
  quarantineState: string,
  more: { quarantineDetails?: string; as?: string } = {},
) => {
  const { as, ...rest } = more;
  return call('PATCH', pathOf(name, digest), {
    body: { quarantineState, ...rest },
    ...(as === undefined ? {} : { as }),
  });
};

async function statusOf(from: TestRegistry, name: string, path: string): Promise<number> {
  const answer = await from.ask('GET', `/v2/${name}/${path}`, { token: tokenOfOther(place, name, 'pull') });
  await answer.arrayBuffer();
  return answer.status;
}

async function seen(name: string, { digest, layer }: { digest: string; layer: string }) {
  const paths = ['manifests/v1', `manifests/${digest}`, `blobs/${layer}`];
  return Promise.all(paths.map((path) => statusOf(replica, name, path)));
}

const closed = [404, 403, 403];
const open = [200, 200, 200];

describe('PATCH of a manifest', () => {
  it('S3-04 passes it at every replica at once, on the record, and answers what was decided', async () => {
    const image = await pushImage(registry, 'change/passed', { tag: 'v1', text: 'passed' });
    expect(await seen('change/passed', image)).toEqual(closed);
    const { status, body } = await set('change/passed', image.digest, 'Passed', {
      quarantineDetails: '{"state":"ok"}',
    });
    expect([status, body['code']]).toEqual([200, undefined]);
    expect(await seen('change/passed', image)).toEqual(open);

    expect(body).toMatchObject({
      ...{ digest: image.digest, mediaType: imageType, size: image.manifest.length, tags: ['v1'] },
      ...{ quarantineState: 'Passed', quarantineDetails: '{"state":"ok"}', changedBy: scanner, releaseAt: null },
    });
    const entries = (await registry.recorded()).filter(({ target }) => target.digest === image.digest);
    expect(entries).toMatchObject([
      { event: 'manifest-pushed' },
      { event: 'quarantined', action: 'content/write', actor: { name: 'mytoken' } },
      {
        ...{ event: 'quarantine-passed', action: 'quarantine/write', actor: { id: scanner } },
        ...{
          target: { repository: 'change/passed' },
          decidedBy: [{ ref: expect.stringMatching(/^role-assignment:/) }],
        },
      },
    ]);
  });

  it('closes again at every replica at once what was pulled and is remembered', async () => {
    const image = await pushImage(registry, 'change/closed', { tag: 'v1', text: 'closed' });
    await set('change/closed', image.digest, 'Passed');
    for (let n = 0; n < 2; n++) expect(await seen('change/closed', image)).toEqual(open);
    await set('change/closed', image.digest, 'Failed');
    expect(await seen('change/closed', image)).toEqual(closed);
    await set('change/closed', image.digest, 'Passed');
    expect(await seen('change/closed', image)).toEqual(open);
    await set('change/closed', image.digest, 'Quarantined');
    expect(await seen('change/closed', image)).toEqual(closed);
    const events = (await registry.recorded()).filter(({ target }) => target.digest === image.digest);
    expect(events.map(({ event }) => event).slice(2)).toEqual([
      ...['quarantine-passed', 'quarantine-failed', 'quarantine-passed', 'quarantined'],
    ]);
  });

  it('leaves open what another manifest that may be pulled refers to', async () => {
    const name = 'change/shared';
    const first = await pushImage(registry, name, { tag: 'v1', text: 'shared' });
    const other = Buffer.concat([imageOf(Buffer.from('shared')), Buffer.from(' ')]);
    expect((await putManifest(registry, `/v2/${name}/manifests/v2`, other)).status).toBe(201);
    const layer = () => statusOf(replica, name, `blobs/${first.layer}`);
    for (const digest of [first.digest, digestOf(other)]) await set(name, digest, 'Passed');
    await set(name, first.digest, 'Failed');
    expect(await layer()).toBe(200);
    const path = `/v2/${name}/manifests/${digestOf(other)}`;
    expect((await registry.ask('DELETE', path, { access: { [name]: ['delete'] } })).status).toBe(202);
    expect(await layer()).toBe(403);
  });

  it('S3-02 S3-03 S3-07 is not for people, whatever else they may, nor for who may only read; each is recorded', async () => {
    const { digest } = await pushImage(registry, 'change/refused', { tag: 'v1', text: 'refused' });
    for (const as of ['user:owner', 'user:contributor', 'service:reader', 'user:nobody']) {
      const before = registry.spooled().length;
      expect([as, (await set('change/refused', digest, 'Passed', { as })).status]).toEqual([as, 403]);
      expect(registry.spooled().slice(before)).toMatchObject([
        { event: 'refused', action: 'quarantine/write', actor: { id: as } },
      ]);
    }
    expect(await statusOf(replica, 'change/refused', `manifests/${digest}`)).toBe(403);
  });

  it.each([
    ['a state that is none', { quarantineState: 'passed' }],
    ['no state', { quarantineDetails: 'x' }],
    ['a key that is not known', { quarantineState: 'Passed', tags: [] }],
    ['details without end', { quarantineState: 'Passed', quarantineDetails: 'x'.repeat(4097) }],
  ])('refuses %s', async (_, body) => {
    const { digest } = await pushImage(registry, 'change/bad', { tag: 'v1', text: 'bad' });
    expect((await call('PATCH', pathOf('change/bad', digest), { body })).status).toBe(400);
  });

  it('D15 finds nothing where there is nothing, nor in another account', async () => {
    const { digest } = await pushImage(registry, 'change/here', { tag: 'v1', text: 'here' });
    const none = digestOf(Buffer.from('none'));
    for (const path of [pathOf('change/here', none), pathOf('change/none', digest), pathOf('change/here', 'v1')]) {
      expect((await call('PATCH', path, { body: { quarantineState: 'Passed' } })).status).toBe(404);
      expect((await call('GET', path)).status).toBe(404);
    }
    const token = place.identity.managementToken({
      sub: scanner,
      ver: { [scanner]: 1 },
      acct: installation.registryId,
    });
    expect([403, 404]).toContain((await registry.ask('GET', pathOf('change/here', digest), { token })).status);
    expect(await registry.db.query(`select 1 from quarantine where digest = $1`, [none])).toEqual([]);
  });
});

describe('a push', () => {
  it('S3-12 of what was decided about changes nothing of it: passed stays open, failed closed, deleted or not', async () => {
    const name = 'change/again';
    const image = await pushImage(registry, name, { tag: 'v1', text: 'again' });
    const again = () => pushImage(registry, name, { tag: 'v1', text: 'again' });
    const remove = () =>
      registry.ask('DELETE', `/v2/${name}/manifests/${image.digest}`, { access: { [name]: ['delete'] } });
    for (const [state, expected] of [
      ['Passed', open],
      ['Failed', closed],
    ] as const) {
      await set(name, image.digest, state);
      await again();
      expect([state, await seen(name, image)]).toEqual([state, expected]);
      expect((await remove()).status).toBe(202);
      await setQuarantine(registry, { isOn: false });
      await again();
      expect([state, await seen(name, image)]).toEqual([state, expected]);
      await setQuarantine(registry, { isOn: true });
    }
  });

  it('S3-12 of what was pushed before the rule was on closes it, with its blobs, at every replica', async () => {
    await setQuarantine(registry, { isOn: false });
    const image = await pushImage(registry, 'change/before', { tag: 'v1', text: 'before' });
    await setQuarantine(registry, { isOn: true });
    for (let n = 0; n < 2; n++) expect(await seen('change/before', image)).toEqual(open);
    const answer = await putManifest(registry, '/v2/change/before/manifests/v1', image.manifest);
    expect(answer.status).toBe(201);
    expect(await seen('change/before', image)).toEqual(closed);
  });

  it('S3-12 of an index over what is in quarantine is closed itself', async () => {
    const name = 'change/index';
    const { digest, manifest } = await pushImage(registry, name, { tag: 'v1', text: 'child' });
    const children = [{ digest, size: manifest.length, mediaType: imageType }];
    const index = await pushIndex(registry, name, { tag: 'all', children });
    expect(await statusOf(registry, name, 'manifests/all')).toBe(404);
    await set(name, index, 'Passed');
    expect(await statusOf(registry, name, 'manifests/all')).toBe(200);
    expect(await statusOf(registry, name, `manifests/${digest}`)).toBe(403);
  });

  it('is closed in each repository by itself', async () => {
    const image = await pushImage(registry, 'change/one', { tag: 'v1', text: 'both' });
    await pushImage(registry, 'change/two', { tag: 'v1', text: 'both' });
    await set('change/one', image.digest, 'Passed');
    expect([await seen('change/one', image), await seen('change/two', image)]).toEqual([open, closed]);
  });

  it('is open where nothing was decided, and pulled by its pusher and others', async () => {
    await setQuarantine(registry, { isOn: false });
    const image = await pushImage(registry, 'change/off', { tag: 'v1', text: 'off' });
    expect(await seen('change/off', image)).toEqual(open);
    expect((await registry.ask('GET', '/v2/change/off/manifests/v1', pullFrom('change/off'))).status).toBe(200);
    expect((await call('GET', pathOf('change/off', image.digest), { as: 'user:owner' })).body).toMatchObject({
      quarantineState: null,
    });
  });
});

describe('a repository with what somebody must decide about', () => {
  const remove = async (name: string, as: string) => {
    const token = place.identity.managementToken({ sub: as, ver: { [as]: 1 } });
    const path = `/api/v1/registries/local/repositories/${encodeURIComponent(name)}`;
    return (await registry.ask('DELETE', path, { token })).status;
  };

  it.each(['Failed', 'Quarantined'])(
    'S3-12 %s is deleted only by who may decide, or it would be open then',
    async (state) => {
      const name = `change/${state.toLowerCase()}`;
      const image = await pushImage(registry, name, { tag: 'v1', text: `deleted, ${state}` });
      await set(name, image.digest, state);
      const access = { [name]: ['delete'] };
      expect((await registry.ask('DELETE', `/v2/${name}/manifests/${image.digest}`, { access })).status).toBe(202);
      const before = registry.spooled().length;
      expect(await remove(name, 'service:cleaner')).toBe(403);
      expect(registry.spooled().slice(before)).toMatchObject([
        { event: 'refused', action: 'content/delete', reason: 'quarantine', target: { repository: name } },
      ]);
      await pushImage(registry, name, { tag: 'v1', text: `deleted, ${state}` });
      expect(await seen(name, image)).toEqual(closed);
      expect(await remove(name, scanner)).toBe(204);
    },
  );

  it('that ends by itself, or was passed, is deleted by who may delete', async () => {
    await setQuarantine(registry, { isOn: true, releaseAfterHours: 1 });
    await pushImage(registry, 'change/ends', { tag: 'v1', text: 'ends by itself' });
    const passed = await pushImage(registry, 'change/ends', { tag: 'v2', text: 'was passed' });
    await set('change/ends', passed.digest, 'Passed');
    expect(await remove('change/ends', 'service:cleaner')).toBe(204);
  });
});
