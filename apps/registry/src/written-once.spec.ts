import { installation, type AccessConditionClaim, type ImmutabilityRule } from '@berth/contracts';
import { DefinitionsView } from '@berth/definitions';
import { digestOf } from '@berth/oci';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type Asking, type TestPlace } from './registry.suite.js';
import { imageOf, imageType, indexType, pullFrom, pushConfig, pushBlob } from './sample-content.suite.js';

const name = 'team/app';
const { accountId: account, registryId } = installation;
const layer = Buffer.from('written once');
const everything = { access: { [name]: ['pull', 'push', 'delete', 'metadata_read'] } };
const immutable = [403, 'DENIED', 'immutable'];
const createOnly = [403, 'DENIED', 'condition-create-only'];
let place: TestPlace;
let registry: TestRegistry;
let version = 0;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  await pushConfig(registry, name);
  await pushBlob(registry, name, layer);
});

afterEach(() => decide([]));

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

/** What people decide about tags, as policy would publish it. */
async function decide(immutability: ImmutabilityRule[]): Promise<void> {
  await registry.define({
    ...{ kind: 'content-policies', id: registryId, account, version: (version += 1), status: 'active', registryId },
    changedAt: '2026-01-01T00:00:00.000Z',
    quarantine: { isOn: false, releaseAfterHours: null },
    immutability,
    quota: { storageBytes: null, namespaces: [] },
  });
}

const releases = { repositories: 'team/*', tags: 'v*', except: ['v-next', 'v0*'] };

/** Manifests of the same content, each with a digest of its own. */
function manifest(n: number): Buffer {
  const image = JSON.parse(imageOf(layer).toString()) as object;
  return Buffer.from(JSON.stringify({ ...image, annotations: { n: String(n) } }));
}

const at = (reference: string) => `/v2/${name}/manifests/${reference}`;

function put(reference: string, n: number, asking: Asking = everything) {
  return outcomeOf('PUT', at(reference), { ...asking, body: manifest(n), headers: { 'content-type': imageType } });
}

/** The status of what is done, or status, code and reason of what is refused. */
async function outcomeOf(method: string, path: string, asking: Asking = everything) {
  const answer = await registry.ask(method, path, asking);
  if (answer.status < 400) return answer.status;
  const body = (await answer.json()) as { errors: { code: string; detail?: { reason?: string } }[] };
  expect(answer.headers.has('www-authenticate')).toBe(false);
  return [answer.status, body.errors[0]?.code, body.errors[0]?.detail?.reason];
}

/** A token for everything on the repository, as far as the conditions let it. */
function bound(...when: AccessConditionClaim[]): Pick<Asking, 'token'> {
  const actions = ['pull', 'push', 'delete'];
  return { token: place.identity.token({}, { access: [{ type: 'repository', name, actions, inc: 0, when }] }) };
}

/** The digest that a tag names now, or a digest itself; null = it is not there. */
async function named(reference: string): Promise<string | null> {
  const { status, headers } = await registry.ask('HEAD', at(reference), pullFrom(name));
  return status === 404 ? null : headers.get('docker-content-digest');
}

const lastRefusal = () => registry.spooled().findLast(({ event }) => event === 'refused');

describe('a tag that is written once', () => {
  it('keeps its digest, which may be pushed again', async () => {
    await decide([releases]);
    expect(await put('v1', 1)).toBe(201);
    expect(await put('v1', 1)).toBe(201);
    expect(await put('v1', 2)).toEqual(immutable);
    expect(await named('v1')).toBe(digestOf(manifest(1)));
    expect(await named(digestOf(manifest(2)))).toBeNull();
    expect(lastRefusal()).toMatchObject({
      ...{ reason: 'immutable', action: 'content/write', target: { repository: name }, actor: { name: 'mytoken' } },
    });
  });

  it.each([
    ['another tag', 'w1'],
    ['an exception', 'v-next'],
    ['an exception by its start', 'v0.9'],
  ])('is not %s', async (_, tag) => {
    await decide([releases]);
    expect(await put(tag, 1)).toBe(201);
    expect(await put(tag, 2)).toBe(201);
    expect(await outcomeOf('DELETE', at(tag))).toBe(202);
  });

  it('is one that was there before the rule, and none once the rule is gone', async () => {
    expect(await put('v-old', 1)).toBe(201);
    await decide([releases]);
    expect(await put('v-old', 2)).toEqual(immutable);
    await decide([]);
    expect(await put('v-old', 2)).toBe(201);
  });

  it('refuses all of a push that names it beside others, and makes none of them', async () => {
    await decide([releases]);
    expect(await put('v2', 1)).toBe(201);
    const pushed = digestOf(manifest(3));
    expect(await put(`${pushed}?tag=new&tag=v2`, 3)).toEqual(immutable);
    expect([await named('new'), await named('v2')]).toEqual([null, digestOf(manifest(1))]);
    expect(await named(pushed)).toBeNull();
  });

  it('D13 is not deleted, neither by its name nor by the digest that it names', async () => {
    await decide([releases]);
    expect(await put('v3', 4)).toBe(201);
    expect(await put('latest', 4)).toBe(201);
    expect(await outcomeOf('DELETE', at('v3'))).toEqual(immutable);
    expect(await outcomeOf('DELETE', at(digestOf(manifest(4))))).toEqual(immutable);
    expect([await named('v3'), await named('latest')]).toEqual(Array(2).fill(digestOf(manifest(4))));
    expect(lastRefusal()).toMatchObject({ reason: 'immutable', action: 'content/delete' });
    expect(await outcomeOf('DELETE', at('latest'))).toBe(202);
    expect(await outcomeOf('DELETE', at('v4'))).toEqual([404, 'MANIFEST_UNKNOWN', undefined]);
  });

  it('loses none of its parts, however deep in it: neither a manifest nor a blob', async () => {
    const index = (...children: Buffer[]) =>
      Buffer.from(
        JSON.stringify({
          ...{ schemaVersion: 2, mediaType: indexType },
          manifests: children.map((bytes) => ({
            ...{ digest: digestOf(bytes), size: bytes.length },
            mediaType: bytes.includes('"layers"') ? imageType : indexType,
          })),
        }),
      );
    const inner = index(manifest(8));
    const outer = index(inner, manifest(9));
    const putIndex = (reference: string, bytes: Buffer) =>
      outcomeOf('PUT', at(reference), { ...everything, body: bytes, headers: { 'content-type': indexType } });
    for (const n of [8, 9]) expect(await put(digestOf(manifest(n)), n)).toBe(201);
    expect(await putIndex(digestOf(inner), inner)).toBe(201);
    expect(await putIndex('v7', outer)).toBe(201);
    await decide([releases]);
    const blob = `/v2/${name}/blobs/${digestOf(layer)}`;
    const parts = [inner, manifest(8), manifest(9)].map((bytes) => at(digestOf(bytes)));
    for (const part of [...parts, blob]) expect([part, await outcomeOf('DELETE', part)]).toEqual([part, immutable]);
    for (const part of [...parts, blob]) expect(await outcomeOf('GET', part)).toBe(200);
    await decide([{ ...releases, repositories: 'other/*' }]);
    for (const part of parts) expect(await outcomeOf('DELETE', part)).toBe(202);
  });

  it('is any tag while the rules cannot be read', async () => {
    expect(await put('w5', 1)).toBe(201);
    registry.app.get(DefinitionsView, { strict: false }).distrust('content-policies', registryId);
    expect(await put('w5', 2)).toEqual([503, expect.any(String), undefined]);
    expect(await outcomeOf('DELETE', at('w5'))).toEqual([503, expect.any(String), undefined]);
  });
});

describe('a token that is good for new tags only', () => {
  it('D10 makes a tag, and points none that is there at something else', async () => {
    expect(await put('nightly', 1, bound({ createOnly: true }))).toBe(201);
    expect(await put('nightly', 1, bound({ createOnly: true }))).toBe(201);
    expect(await put('nightly', 2, bound({ createOnly: true }))).toEqual(createOnly);
    expect(await named('nightly')).toBe(digestOf(manifest(1)));
    expect(lastRefusal()).toMatchObject({ reason: 'condition-create-only', action: 'content/write' });
    expect(await put('nightly', 2)).toBe(201);
  });

  it('D11 makes none of the tags of a push if one of them is there', async () => {
    expect(await put('existing', 1)).toBe(201);
    const pushed = digestOf(manifest(5));
    expect(await put(`${pushed}?tag=another&tag=existing`, 5, bound({ createOnly: true }))).toEqual(createOnly);
    expect([await named('another'), await named('existing')]).toEqual([null, digestOf(manifest(1))]);
    expect(await put(`${pushed}?tag=another&tag=third`, 5, bound({ createOnly: true }))).toBe(201);
  });

  it('is bound beside its other conditions, and not if another entry gives the same without', async () => {
    const condition: AccessConditionClaim = { tags: ['r*'], createOnly: true };
    expect(await put('r1', 1, bound(condition))).toBe(201);
    expect(await put('s1', 1, bound(condition))).toEqual([403, 'DENIED', 'condition-tags']);
    const entry = { type: 'repository' as const, name, actions: ['pull', 'push'], inc: 0 };
    const access = [
      { ...entry, when: [condition] },
      { ...entry, when: [{ tags: ['r*'] }] },
    ];
    expect(await put('r1', 2, { token: place.identity.token({}, { access }) })).toBe(201);
  });

  it('pulls and deletes as its scope map says, and pushes what has no tag', async () => {
    expect(await put('d1', 6)).toBe(201);
    expect(await outcomeOf('GET', at('d1'), bound({ createOnly: true }))).toBe(200);
    expect(await outcomeOf('DELETE', at('d1'), bound({ createOnly: true }))).toBe(202);
    expect(await put(digestOf(manifest(7)), 7, bound({ createOnly: true }))).toBe(201);
  });
});

describe('of many pushes of one tag at once', () => {
  it('F21 exactly one writes a tag that is written once, and it never moves', async () => {
    await decide([releases]);
    const pushes = Array.from({ length: 100 }, (_, n) => put('v-race', 100 + n));
    const outcomes = await Promise.all(pushes);
    const winner = outcomes.indexOf(201);
    expect(await named('v-race')).toBe(digestOf(manifest(100 + winner)));
    expect(outcomes.toSpliced(winner, 1)).toEqual(Array(99).fill(immutable));
  });

  it('F21 exactly one makes it, of those that are good for new tags only', async () => {
    const pushes = Array.from({ length: 20 }, (_, n) => put('race', 200 + n, bound({ createOnly: true })));
    const outcomes = await Promise.all(pushes);
    const winner = outcomes.indexOf(201);
    expect(outcomes.toSpliced(winner, 1)).toEqual(Array(19).fill(createOnly));
    expect(await named('race')).toBe(digestOf(manifest(200 + winner)));
  });
});
