import { installation, type AccessConditionClaim, type ProhibitionDefinition } from '@berth/contracts';
import { digestOf } from '@berth/oci';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type Asking, type TestPlace } from './registry.suite.js';
import {
  codeOf,
  imageOf,
  imageType,
  pullFrom,
  pushBlob,
  pushConfig,
  pushImage,
  pushTo,
} from './sample-content.suite.js';

const name = 'team/app';
const { accountId: account, registryId } = installation;
const manifest = imageOf(Buffer.from('bound'));
const digest = digestOf(manifest);
let place: TestPlace;
let registry: TestRegistry;
let pulled: Awaited<ReturnType<typeof pushImage>>;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  await pushConfig(registry, name);
  await pushBlob(registry, name, Buffer.from('bound'));
  pulled = await pushImage(registry, name, { tag: 'v1', text: 'pulled' });
  await pushImage(registry, 'other/app', { tag: 'v1', text: 'other' });
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const manifestAt = (reference: string, repository = name) => `/v2/${repository}/manifests/${reference}`;

/** Everything on one repository, as far as the conditions let it. */
function bound(...when: AccessConditionClaim[]): Pick<Asking, 'token'> {
  const actions = ['pull', 'push', 'delete', 'metadata_read'];
  return { token: place.identity.token({}, { access: [{ type: 'repository', name, actions, inc: 0, when }] }) };
}

async function refusalOf(method: string, path: string, asking: Asking) {
  const answer = await registry.ask(method, path, asking);
  if (answer.status < 400) return answer.status;
  const body = (await answer.json()) as { errors: { code: string; message: string; detail: { reason?: string } }[] };
  expect(answer.headers.has('www-authenticate')).toBe(answer.status === 401);
  return [answer.status, body.errors[0]?.code, body.errors[0]?.detail.reason];
}

const put = (reference: string, asking: Asking) =>
  refusalOf('PUT', manifestAt(reference), { ...asking, body: manifest, headers: { 'content-type': imageType } });
const tagged = async (tag: string) => (await registry.ask('HEAD', manifestAt(tag), pullFrom(name))).status === 200;

describe('the conditions of a token', () => {
  const versions = () => bound({ tags: ['v*', 'edge'] });
  const wrongTag = [403, 'DENIED', 'condition-tags'];

  it('bind the tag of a push, and of one by digest each that it names', async () => {
    expect(await put('v2', versions())).toBe(201);
    expect(await put('latest', versions())).toEqual(wrongTag);
    expect(await put(`${digest}?tag=edge&tag=v3`, versions())).toBe(201);
    expect(await put(`${digest}?tag=v4&tag=latest`, versions())).toEqual(wrongTag);
    expect(await Promise.all(['v2', 'edge', 'v3', 'latest', 'v4'].map(tagged))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(registry.spooled().find(({ event }) => event === 'refused')).toMatchObject({
      ...{ event: 'refused', reason: 'condition-tags', action: 'content/write', target: { repository: name } },
      actor: { name: 'mytoken' },
    });
  });

  it('let nobody who is bound to tags delete what may be a part of others: a blob, or a manifest without a tag', async () => {
    const whole = await pushImage(registry, name, { tag: 'w-whole', text: 'whole' });
    const layer = `/v2/${name}/blobs/${whole.layer}`;
    expect(await refusalOf('DELETE', layer, bound({ tags: ['w*'] }))).toEqual(wrongTag);
    expect(await refusalOf('GET', layer, bound({ tags: ['w*'] }))).toBe(200);
    expect(await refusalOf('DELETE', manifestAt('w-whole'), bound({ tags: ['w*'] }))).toBe(202);
    expect(await refusalOf('DELETE', manifestAt(whole.digest), bound({ tags: ['w*'] }))).toEqual(wrongTag);
  });

  it('bind what a deletion takes away, also the tags that go with a digest', async () => {
    expect(await put('latest', pushTo(name))).toBe(201);
    expect(await refusalOf('DELETE', manifestAt('latest'), versions())).toEqual(wrongTag);
    expect(await refusalOf('DELETE', manifestAt(digest), versions())).toEqual(wrongTag);
    expect(await Promise.all(['latest', 'v2'].map(tagged))).toEqual([true, true]);
    expect(await refusalOf('DELETE', manifestAt('latest'), bound({ tags: ['latest'] }))).toBe(202);
    expect(await refusalOf('DELETE', manifestAt(digest), versions())).toBe(202);
  });

  it('let pull by any tag, and blobs be pushed, which have none', async () => {
    expect(await refusalOf('GET', manifestAt('v1'), bound({ tags: ['w*'] }))).toBe(200);
    const blob = `/v2/${name}/blobs/uploads/?digest=${digestOf(Buffer.from('free'))}`;
    expect(await refusalOf('POST', blob, { ...bound({ tags: ['w*'] }), body: Buffer.from('free') })).toBe(201);
  });

  it.each([
    ['its network', { cidrs: ['127.0.0.0/8', '::1/128'] }, 200],
    ['another network', { cidrs: ['192.0.2.0/24'] }, [403, 'DENIED', 'condition-network']],
    ['time', { notBefore: '2020-01-01T00:00:00.000Z', notAfter: '2099-01-01T00:00:00.000Z' }, 200],
    ['too early', { notBefore: '2099-01-01T00:00:00.000Z' }, [403, 'DENIED', 'condition-time']],
    ['too late', { notAfter: '2020-01-01T00:00:00.000Z' }, [403, 'DENIED', 'condition-time']],
    ['a network that is none', { cidrs: ['everywhere'] }, [403, 'DENIED', 'condition-unreadable']],
    ['a condition that nobody knows', { moon: 'full' }, [401, 'UNAUTHORIZED', undefined]],
  ])('hold at each use: %s', async (_what, condition, expected) => {
    for (const path of [manifestAt('v1'), `/v2/${name}/blobs/${pulled.layer}`, `/v2/${name}/tags/list`]) {
      expect(await refusalOf('GET', path, bound(condition as AccessConditionClaim))).toEqual(expected);
    }
  });

  it('must all be met, in one of the entries', async () => {
    const here = { cidrs: ['127.0.0.0/8', '::1/128'] };
    const elsewhere = { cidrs: ['192.0.2.0/24'] };
    expect(await refusalOf('GET', manifestAt('v1'), bound(here, elsewhere))).toEqual([
      403,
      'DENIED',
      'condition-network',
    ]);
    const entry = { type: 'repository', name, actions: ['pull'], inc: 0 } as const;
    const access = [elsewhere, here].map((each) => ({ ...entry, actions: ['pull'], when: [each] }));
    expect(await refusalOf('GET', manifestAt('v1'), { token: place.identity.token({}, { access }) })).toBe(200);
  });

  it('keep a blob from being mounted out of what they shut', async () => {
    const mount = async (when: AccessConditionClaim[]) => {
      const target = { type: 'repository' as const, name: 'new/app', actions: ['pull', 'push'], inc: 0 };
      const source = { type: 'repository' as const, name, actions: ['pull'], inc: 0, when };
      const token = place.identity.token({}, { access: [target, source] });
      const path = `/v2/new/app/blobs/uploads/?mount=${pulled.layer}&from=${name}`;
      return (await registry.ask('POST', path, { token })).status;
    };
    expect(await mount([{ cidrs: ['192.0.2.0/24'] }])).toBe(202);
    expect(await mount([{ cidrs: ['127.0.0.0/8', '::1/128'] }])).toBe(201);
  });
});

describe('what is forbidden to everybody', () => {
  let version = 0;
  const id = '01900000-0000-7000-8000-00000000eeee';

  async function forbid(prohibition: Partial<ProhibitionDefinition>): Promise<void> {
    await registry.define({
      ...{ kind: 'prohibition', id, account, version: (version += 1), status: 'active' },
      ...{ changedAt: '2026-01-01T00:00:00.000Z', cause: 'lock', actions: null, exceptFrom: [] },
      scope: { kind: 'registry', registryId },
      ...prohibition,
    });
  }

  afterEach(() => forbid({ status: 'deleted' }));

  it('is a lock by action and repository, until it is lifted', async () => {
    const scope = { kind: 'repository', registryId, pattern: 'team/*' } as const;
    await forbid({ scope, actions: ['content/write', 'content/delete'] });
    expect(await put('v9', pushTo(name))).toEqual([403, 'DENIED', 'lock']);
    expect(await refusalOf('DELETE', manifestAt('v1'), { access: { [name]: ['delete'] } })).toEqual([
      403,
      'DENIED',
      'lock',
    ]);
    expect(registry.spooled().at(-1)).toMatchObject({ event: 'refused', reason: 'lock', action: 'content/delete' });
    expect(await refusalOf('GET', manifestAt('v1'), pullFrom(name))).toBe(200);
    const upload = await registry.ask('POST', '/v2/other/app/blobs/uploads/', pushTo('other/app'));
    expect(upload.status).toBe(202);
    await forbid({ status: 'deleted' });
    expect(await put('v9', pushTo(name))).toBe(201);
  });

  it('is told only to who holds the right', async () => {
    await forbid({});
    expect((await registry.ask('GET', manifestAt('v1'), { token: null })).status).toBe(401);
    const stranger = await registry.ask('GET', manifestAt('v1'), pullFrom('other/app'));
    expect(stranger.headers.get('www-authenticate')).toContain('insufficient_scope');
    expect(await codeOf(stranger)).toBe('DENIED');
    expect(stranger.status).toBe(401);
  });

  it('is a registry that is open to some networks only', async () => {
    const shut = [403, 'DENIED', 'private-only'];
    await forbid({ cause: 'private-only', exceptFrom: ['192.0.2.0/24'] });
    expect(await refusalOf('GET', manifestAt('v1'), pullFrom(name))).toEqual(shut);
    expect(await refusalOf('GET', '/v2/', {})).toEqual(shut);
    await forbid({ cause: 'private-only', exceptFrom: ['127.0.0.0/8', '::1/128'] });
    expect(await refusalOf('GET', manifestAt('v1'), pullFrom(name))).toBe(200);
    expect(await refusalOf('GET', '/v2/', {})).toBe(200);
  });

  it.each([
    ['deleting', { kind: 'registry', registryId }],
    ['disabled', { kind: 'account' }],
  ] as const)('is everything, on every address, while it is %s', async (cause, scope) => {
    await forbid({ cause, scope });
    const all = ['pull', 'push', 'delete', 'metadata_read'];
    const repository = { access: { [name]: all } };
    const catalog = { access: [{ type: 'registry', name: 'catalog', actions: ['*'], inc: 0 }], groups: [] };
    const listing = { token: place.identity.token({}, catalog as never) };
    const refused: [string, string, Asking][] = [
      ['GET', '/v2/', repository],
      ['GET', manifestAt('v1'), repository],
      ['PUT', manifestAt('v1'), { ...repository, body: manifest }],
      ['DELETE', manifestAt('v1'), repository],
      ['GET', `/v2/${name}/blobs/${pulled.layer}`, repository],
      ['DELETE', `/v2/${name}/blobs/${pulled.layer}`, repository],
      ['POST', `/v2/${name}/blobs/uploads/`, repository],
      ['PATCH', `/v2/${name}/blobs/uploads/01900000-0000-7000-8000-00000000ffff`, repository],
      ['GET', `/v2/${name}/tags/list`, repository],
      ['GET', `/v2/${name}/referrers/${pulled.digest}`, repository],
      ['GET', '/v2/_catalog', listing],
    ];
    for (const [method, path, asking] of refused) {
      expect([path, await refusalOf(method, path, asking)]).toEqual([path, [403, 'DENIED', cause]]);
    }
  });

  it('does not keep the list of repositories back when it is about some of them', async () => {
    await forbid({ scope: { kind: 'namespace', registryId, namespace: 'team' } });
    const access = [{ type: 'registry' as const, name: 'catalog' as const, actions: ['*'] as ['*'], inc: 0 as const }];
    expect(await refusalOf('GET', '/v2/_catalog', { token: place.identity.token({}, { access, groups: [] }) })).toBe(
      200,
    );
    expect(await refusalOf('GET', '/v2/', {})).toBe(200);
    expect(await refusalOf('GET', manifestAt('v1'), pullFrom(name))).toEqual([403, 'DENIED', 'lock']);
    expect(await refusalOf('GET', manifestAt('v1', 'other/app'), pullFrom('other/app'))).toBe(200);
  });
});

describe('whoever presents tokens that are nobody’s', () => {
  it('fills the audit log with 60 entries a minute, and no more', async () => {
    const refused = () => registry.spooled().filter(({ event }) => event === 'refused').length;
    registry.advance(120_000);
    const before = refused();
    for (let n = 0; n < 130; n++) await registry.ask('GET', '/v2/', { token: `not-a-token-${n}` });
    // A minute may end meanwhile.
    expect(refused() - before).toBeLessThanOrEqual(121);
    expect(refused() - before).toBeGreaterThanOrEqual(60);
  });
});
