import {
  DockerClient,
  pullManifest,
  pushImage,
  sampleImage,
  sharedPlatform,
  waitFor,
  type Login,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const berth = sharedPlatform();
const { management } = berth;
const repository = 'write-once/app';
const line = (action: string) => `repositories/${repository}/${action}`;
const [first, second] = [sampleImage('write once: first'), sampleImage('write once: second')];
const rule = { repositories: 'write-once/*', tags: 'v*', except: ['v-next'] };
const rulesOf = '/registries/local/policies/immutability';

beforeAll(async () => {
  const admin = new DockerClient(berth.origin, berth.admin);
  for (const [tag, image] of [
    ['first', first],
    ['second', second],
  ] as const) {
    await pushImage(admin, repository, { tag, image });
  }
});

afterAll(() => management.do('PUT', rulesOf, { rules: [] }));

interface Refused {
  readonly detail?: { readonly reason?: string };
}

/** Puts the manifest under a reference as the client that pushed it before would. */
async function put(login: Login, reference: string, { manifest, mediaType } = first) {
  const answer = await new DockerClient(berth.origin, login).request(
    `/v2/${repository}/manifests/${reference}`,
    `repository:${repository}:pull,push`,
    { method: 'PUT', body: Buffer.from(manifest), headers: { 'content-type': mediaType } },
  );
  const { errors = [] } = answer.status < 400 ? {} : ((await answer.json()) as { errors: Refused[] });
  return { status: answer.status, reason: errors[0]?.detail?.reason };
}

async function remove(login: Login, reference: string): Promise<number> {
  const path = `/v2/${repository}/manifests/${reference}`;
  const scope = `repository:${repository}:delete`;
  return (await new DockerClient(berth.origin, login).request(path, scope, { method: 'DELETE' })).status;
}

async function digestOf(login: Login, tag: string): Promise<string | null> {
  return (await pullManifest(new DockerClient(berth.origin, login), repository, tag)).headers.get(
    'docker-content-digest',
  );
}

describe('tags that are written once', () => {
  it('hold for whoever pushes or deletes, from a PUT of the rule until it is taken back', async () => {
    const ci = await management.createToken('write-once-ci', ['content/read', 'content/write'].map(line));
    const cleaner = await management.createToken('write-once-cleaner', ['content/read', 'content/delete'].map(line));
    expect(await management.do('PUT', rulesOf, { rules: [rule] })).toMatchObject({ rules: [rule] });
    await waitFor('the registry has the rule', { withinMs: 5000, everyMs: 20 }, async () => {
      const moved = [await put(ci, 'v-probe', first), await put(ci, 'v-probe', second)];
      return moved.some(({ status }) => status === 403) ? true : null;
    });

    expect((await put(ci, 'v1', first)).status).toBe(201);
    expect((await put(ci, 'v1', first)).status).toBe(201);
    for (const login of [ci, berth.admin]) {
      expect(await put(login, 'v1', second)).toEqual({ status: 403, reason: 'immutable' });
    }
    expect(await remove(cleaner, 'v1')).toBe(403);
    expect(await remove(cleaner, first.manifestDigest)).toBe(403);
    expect(await digestOf(ci, 'v1')).toBe(first.manifestDigest);
    expect((await put(ci, 'v-next', first)).status).toBe(201);
    expect((await put(ci, 'v-next', second)).status).toBe(201);

    await management.do('PUT', rulesOf, { rules: [] });
    await waitFor('the registry has the end of the rule', { withinMs: 5000, everyMs: 20 }, async () =>
      (await put(ci, 'v1', second)).status === 201 ? true : null,
    );
    expect(await remove(cleaner, 'v1')).toBe(202);
  });

  it('are in the audit log: the rule, and who was refused by it', async () => {
    const { value } = await waitFor('the refusal is in the log', { withinMs: 20_000, everyMs: 100 }, async () => {
      const { items } = await management.entries({ event: 'refused', repository, limit: '100' });
      return items.find(({ reason }) => reason === 'immutable') ?? null;
    });
    expect(value).toMatchObject({ outcome: 'refused', action: 'content/write', target: { repository } });
    const { items } = await management.entries({ action: 'policies/write', limit: '100' });
    expect(items.map(({ asked }) => asked)).toEqual(
      expect.arrayContaining([JSON.stringify({ rules: [rule] }), JSON.stringify({ rules: [] })]),
    );
  });
});

describe('a credential that is good for new tags only', () => {
  it('D10 D11 makes tags and moves none, by a condition of its scope map', async () => {
    const scopeMap = 'create-only-map';
    const conditions = [{ repository: 'write-once/*', createOnly: true }];
    const body = { actions: ['content/read', 'content/write'].map(line), conditions };
    expect(await management.do('PUT', `/registries/local/scope-maps/${scopeMap}`, body)).toMatchObject({ conditions });
    await management.do('PUT', '/registries/local/tokens/create-only', { scopeMap });
    const path = '/registries/local/tokens/create-only/passwords';
    const { password } = await management.do<{ password: string }>('POST', path, { slot: 1 });
    const nightly = { username: 'create-only', password };
    const refused = { status: 403, reason: 'condition-create-only' };

    expect((await put(nightly, 'nightly', first)).status).toBe(201);
    expect((await put(nightly, 'nightly', first)).status).toBe(201);
    expect(await put(nightly, 'nightly', second)).toEqual(refused);
    expect(await put(nightly, `${second.manifestDigest}?tag=new&tag=nightly`, second)).toEqual(refused);
    expect([await digestOf(nightly, 'nightly'), await digestOf(nightly, 'new')]).toEqual([first.manifestDigest, null]);
    expect((await put(berth.admin, 'nightly', second)).status).toBe(201);
  });
});
