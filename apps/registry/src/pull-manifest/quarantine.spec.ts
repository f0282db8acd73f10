import { installation } from '@berth/contracts';
import { DefinitionsView } from '@berth/definitions';
import { digestOf, type Digest } from '@berth/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushIndex, setQuarantine, tokenOfOther } from '../quarantine.suite.js';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, imageType, pullFrom, pushBlob, pushImage, putManifest } from '../sample-content.suite.js';

const name = 'team/scanned';
let place: TestPlace;
let registry: TestRegistry;
/** Of what refers to another manifest. */
const note = Buffer.from('note');
/** Pushed before anything was decided, with the tag `old`. */
let open: Awaited<ReturnType<typeof pushImage>>;
/** In quarantine, with the tag `new`. */
let closed: Awaited<ReturnType<typeof pushImage>>;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  open = await pushImage(registry, name, { tag: 'old', text: 'old' });
  await pushBlob(registry, name, note);
  await setQuarantine(registry, { isOn: true });
  closed = await pushImage(registry, name, { tag: 'new', text: 'new' });
});

beforeEach(() => setQuarantine(registry, { isOn: true }));

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const asOther = (...actions: readonly string[]) => ({ token: tokenOfOther(place, name, ...actions) });
const manifest = (reference: string) => `/v2/${name}/manifests/${reference}`;
const blob = (digest: string) => `/v2/${name}/blobs/${digest}`;
const get = (path: string, ...actions: readonly string[]) => registry.ask('GET', path, asOther(...actions));

async function seen(answer: Response): Promise<unknown> {
  const body = (await answer.json()) as { errors: [{ code: string; detail?: { reason?: string } }] };
  const [{ code, detail }] = body.errors;
  return [answer.status, code, detail?.reason ?? null];
}

const denied = [403, 'DENIED', 'quarantine'];
const unknown = [404, 'MANIFEST_UNKNOWN', null];
const ungranted = [401, 'DENIED', null];

describe('what is in quarantine', () => {
  it('D21 S3-11 by its tag is not there, even for who pushed it', async () => {
    expect(await seen(await get(manifest('new'), 'pull'))).toEqual(unknown);
    expect(await seen(await registry.ask('GET', manifest('new'), pullFrom(name)))).toEqual(unknown);
    expect(await seen(await get(manifest('new'), 'pull', 'push', 'metadata_read'))).toEqual(unknown);
  });

  it('D21 S2-14 by its digest is denied, which is recorded; what is not in it is pulled', async () => {
    const before = registry.spooled().length;
    expect(await seen(await get(manifest(closed.digest), 'pull'))).toEqual(denied);
    expect(registry.spooled().slice(before)).toMatchObject([
      { event: 'refused', reason: 'quarantine', action: 'content/read', target: { repository: name } },
    ]);
    expect((await get(manifest('old'), 'pull')).status).toBe(200);
    expect((await get(manifest(open.digest), 'pull')).status).toBe(200);
  });

  it('D21 answers HEAD alike, and tells nobody by If-None-Match that it is there', async () => {
    const head = (reference: string) => registry.ask('HEAD', manifest(reference), asOther('pull'));
    expect([(await head('new')).status, (await head(closed.digest)).status]).toEqual([404, 403]);
    for (const held of [`"${closed.digest}"`, '*']) {
      const asking = { ...asOther('pull'), headers: { 'if-none-match': held } };
      expect((await registry.ask('GET', manifest('new'), asking)).status).toBe(404);
      expect((await registry.ask('GET', manifest(closed.digest), asking)).status).toBe(403);
    }
  });

  it('D21 as a child of an index is denied, whether the index is open or not', async () => {
    await setQuarantine(registry, { isOn: false });
    const { digest } = closed;
    const children = [{ digest, size: closed.manifest.length, mediaType: imageType }];
    await pushIndex(registry, name, { tag: 'index', children });
    expect((await get(manifest('index'), 'pull')).status).toBe(200);
    expect(await seen(await get(manifest(digest), 'pull'))).toEqual(denied);
  });

  it('D21 is in no list of tags, whose pages are whole without it', async () => {
    const bare = 'team/listed';
    await setQuarantine(registry, { isOn: false });
    for (const tag of ['a', 'c', 'e']) await pushImage(registry, bare, { tag, text: `open ${tag}` });
    await setQuarantine(registry, { isOn: true });
    for (const tag of ['b', 'd']) await pushImage(registry, bare, { tag, text: `closed ${tag}` });
    const list = async (query: string) => {
      const access = { [bare]: ['metadata_read', 'quarantine_read'] };
      const answer = await registry.ask('GET', `/v2/${bare}/tags/list${query}`, { access });
      const { tags } = (await answer.json()) as { tags: string[] };
      return { tags, isLast: !answer.headers.has('link') };
    };
    expect(await list('')).toEqual({ tags: ['a', 'c', 'e'], isLast: true });
    expect(await list('?n=2')).toEqual({ tags: ['a', 'c'], isLast: false });
    expect(await list('?n=2&last=c')).toEqual({ tags: ['e'], isLast: true });
  });

  it('D21 is in no list of referrers, whose pages are whole without it', async () => {
    await setQuarantine(registry, { isOn: false });
    const first = await refer('first');
    const second = await refer('second');
    await setQuarantine(registry, { isOn: true });
    for (const about of ['third', 'fourth', 'fifth']) await refer(about);
    const list = async (query = '') => {
      const answer = await get(`/v2/${name}/referrers/${open.digest}${query}`, 'pull', 'quarantine_read');
      const { manifests } = (await answer.json()) as { manifests: { digest: string }[] };
      return { digests: manifests.map(({ digest }) => digest), isLast: !answer.headers.has('link') };
    };
    const [lower = '', upper = ''] = [first, second].sort();
    expect(await list()).toEqual({ digests: [lower, upper], isLast: true });
    expect(await list('?n=1')).toEqual({ digests: [lower], isLast: false });
    expect(await list(`?n=1&last=${lower}`)).toEqual({ digests: [upper], isLast: true });
  });

  it('D21 is not mounted, whoever brought it, and the answer is that of any other mount', async () => {
    const access = { [name]: ['pull', 'quarantine_read'], 'team/target': ['pull', 'push'] };
    const mount = (digest: string) =>
      registry.ask('POST', `/v2/team/target/blobs/uploads/?mount=${digest}&from=${name}`, { access });
    expect((await mount(closed.layer)).status).toBe(202);
    expect((await mount(digestOf(Buffer.from('nowhere')))).status).toBe(202);
    expect((await mount(open.layer)).status).toBe(201);
  });

  it('keeps its blobs from who pulls, tells who pushes to bring them, and opens to who brought them', async () => {
    expect(await seen(await get(blob(closed.layer), 'pull'))).toEqual(denied);
    expect((await registry.ask('HEAD', blob(closed.layer), asOther('pull'))).status).toBe(403);
    expect((await get(blob(closed.layer), 'pull', 'push')).status).toBe(404);
    expect((await registry.ask('GET', blob(closed.layer), pullFrom(name))).status).toBe(200);
    expect((await get(blob(open.layer), 'pull')).status).toBe(200);
  });

  it('keeps a blob that was deleted, and is brought again, from who pulls', async () => {
    const access = { [name]: ['delete'] };
    expect((await registry.ask('DELETE', blob(closed.layer), { access })).status).toBe(202);
    await pushBlob(registry, name, Buffer.from('new'));
    expect(await seen(await get(blob(closed.layer), 'pull'))).toEqual(denied);
    expect((await registry.ask('GET', blob(closed.layer), pullFrom(name))).status).toBe(200);
  });

  it('keeps a blob that an open manifest refers to too open', async () => {
    const config = (JSON.parse(closed.manifest.toString()) as { config: { digest: Digest } }).config.digest;
    expect((await get(blob(config), 'pull')).status).toBe(200);
  });
});

describe('a push while nobody can say whether what is pushed is closed', () => {
  it('S3-12 is 503, and leaves nothing behind', async () => {
    const bytes = Buffer.concat([closed.manifest, Buffer.from(' ')]);
    registry.app.get(DefinitionsView, { strict: false }).distrust('content-policies', installation.registryId);
    expect((await putManifest(registry, manifest('unknown'), bytes)).status).toBe(503);
    expect((await get(manifest('old'), 'pull')).status).toBe(200);
    await setQuarantine(registry, { isOn: true });
    expect(await seen(await get(manifest(digestOf(bytes)), 'pull'))).toEqual(unknown);
    expect((await putManifest(registry, manifest('unknown'), bytes)).status).toBe(201);
  });
});

describe('who may pull what is in quarantine', () => {
  it('S3-06 and nothing else pulls it by its digest, with its blobs', async () => {
    const before = registry.spooled().length;
    const answer = await get(manifest(closed.digest), 'quarantine_read');
    expect([answer.status, digestOf(Buffer.from(await answer.arrayBuffer()))]).toEqual([200, closed.digest]);
    const { config } = JSON.parse(closed.manifest.toString()) as { config: { digest: Digest } };
    for (const digest of [closed.layer, config.digest]) {
      expect((await get(blob(digest), 'quarantine_read')).status).toBe(200);
      expect((await registry.ask('HEAD', blob(digest), asOther('quarantine_read'))).status).toBe(200);
    }
    const action = 'quarantine/read';
    expect(registry.spooled().slice(before)).toMatchObject([
      { event: 'pull', action, target: { digest: closed.digest } },
      { event: 'blob-pull', action, target: { digest: closed.layer } },
      { event: 'blob-pull', action },
    ]);
  });

  it('S3-06 S3-08 and nothing else is refused all the rest, there or not, in the same words', async () => {
    const nowhere = digestOf(Buffer.from('nowhere'));
    const paths = [manifest('new'), manifest('old'), manifest(open.digest), manifest(nowhere)];
    for (const path of [...paths, blob(open.layer), blob(nowhere)]) {
      const answer = await get(path, 'quarantine_read');
      const challenge = answer.headers.get('www-authenticate');
      expect([path, await seen(answer)]).toEqual([path, ungranted]);
      expect(challenge).toMatch(/,scope="repository:team\/scanned:pull",error="insufficient_scope"$/);
    }
    const list = await get(`/v2/${name}/referrers/${open.digest}`, 'quarantine_read');
    expect(await seen(list)).toEqual(ungranted);
    expect((await get(`/v2/${name}/tags/list`, 'quarantine_read')).status).toBe(401);
    expect((await registry.ask('DELETE', manifest(closed.digest), asOther('quarantine_read'))).status).toBe(401);
  });

  it('and everything else pulls all of it, but not by a tag', async () => {
    const actions = ['pull', 'quarantine_read'];
    for (const path of [manifest(closed.digest), blob(closed.layer), manifest('old'), blob(open.layer)]) {
      expect([path, (await get(path, ...actions)).status]).toEqual([path, 200]);
    }
    expect(registry.spooled().slice(-4)).toMatchObject(
      ['quarantine/read', 'quarantine/read', 'content/read', 'content/read'].map((action) => ({ action })),
    );
    expect(await seen(await get(manifest('new'), ...actions))).toEqual(unknown);
  });

  it('elsewhere pulls nothing here', async () => {
    const token = place.identity.token({ 'team/other': ['pull', 'quarantine_read'], [name]: ['pull'] });
    expect(await codeOf(await registry.ask('GET', manifest(closed.digest), { token }))).toBe('DENIED');
  });
});

async function refer(about: string): Promise<Digest> {
  const config = { mediaType: 'application/vnd.example', digest: digestOf(note), size: note.length };
  const subject = { mediaType: imageType, digest: open.digest, size: open.manifest.length };
  const bytes = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: imageType, config, layers: [], subject },
      annotations: { about },
    }),
  );
  expect((await putManifest(registry, manifest(digestOf(bytes)), bytes)).status).toBe(201);
  return digestOf(bytes);
}
