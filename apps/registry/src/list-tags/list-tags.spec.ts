import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, pushImage, putManifest } from '../sample-content.suite.js';

const name = 'team/app';
const listing = { access: { [name]: ['metadata_read'] } };
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  const { manifest } = await pushImage(registry, name, { tag: 'v1', text: 'x' });
  for (const tag of ['v10', 'v2', 'latest', 'Z']) await putManifest(registry, `/v2/${name}/manifests/${tag}`, manifest);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const list = (query = '') => registry.ask('GET', `/v2/${name}/tags/list${query}`, listing);

describe('GET of a list of tags', () => {
  it('answers all of them in bytewise order', async () => {
    const answer = await list();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('link')).toBeNull();
    expect(await answer.json()).toEqual({ name, tags: ['Z', 'latest', 'v1', 'v10', 'v2'] });
  });

  it('answers pages that a client follows by Link to the end', async () => {
    const seen: string[] = [];
    let path: string | null = `/v2/${name}/tags/list?n=2`;
    for (let pages = 0; path !== null; pages++) {
      expect(pages).toBeLessThan(4);
      const answer = await registry.ask('GET', path, listing);
      const { tags } = (await answer.json()) as { tags: string[] };
      seen.push(...tags);
      path = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(seen).toEqual(['Z', 'latest', 'v1', 'v10', 'v2']);
  });

  it('answers what lies behind any last tag, also one that does not exist', async () => {
    expect(await (await list('?last=v1')).json()).toMatchObject({ tags: ['v10', 'v2'] });
    expect(await (await list('?last=m')).json()).toMatchObject({ tags: ['v1', 'v10', 'v2'] });
    expect(await (await list('?last=zzz')).json()).toMatchObject({ tags: [] });
    const none = await list('?n=0');
    expect([await none.json(), none.headers.get('link')]).toEqual([{ name, tags: [] }, null]);
  });

  it('D9 refuses a bad n and takes a huge one for its own limit', async () => {
    for (const n of ['-1', 'abc', '1e3', '9999999999999999999']) {
      const answer = await list(`?n=${n}`);
      expect([n, answer.status]).toEqual([n, 400]);
      await answer.body?.cancel();
    }
    expect((await (await list('?n=2147483647')).json()) as object).toMatchObject({ name });
  });

  it('C7 keeps Link well-formed whatever last contains', async () => {
    const evil = encodeURIComponent('>; rel="next",<http://evil');
    expect((await list(`?n=1&last=${evil}`)).headers.get('link')).toBe(
      `</v2/${name}/tags/list?n=1&last=Z>; rel="next"`,
    );
    expect((await list('?last=a%0d%0ab')).status).toBe(400);
    expect((await list('?last=a&last=b')).status).toBe(400);
  });

  it('answers 404 NAME_UNKNOWN where nothing was ever pushed', async () => {
    const answer = await registry.ask('GET', '/v2/team/new/tags/list', { access: { 'team/new': ['metadata_read'] } });
    expect([answer.status, await codeOf(answer)]).toEqual([404, 'NAME_UNKNOWN']);
  });
});
