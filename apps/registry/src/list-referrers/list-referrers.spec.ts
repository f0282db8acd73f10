import { digestOf, type Digest } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, imageType, indexType, pullFrom, pushBlob, pushImage, putManifest } from '../sample-content.suite.js';

const name = 'team/signed';
const empty = Buffer.from('{}');
let place: TestPlace;
let registry: TestRegistry;
let subject: Digest;

interface Listed {
  readonly schemaVersion: number;
  readonly mediaType: string;
  readonly manifests: readonly {
    digest: string;
    mediaType: string;
    size: number;
    artifactType?: string;
    annotations?: object;
  }[];
}

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  subject = (await pushImage(registry, name, { tag: 'v1', text: 'signed' })).digest;
  await pushBlob(registry, name, empty);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

/** Pushes an artifact that refers to the digest; the note makes it another one. */
async function refer(to: string, artifactType: string | null, note: string): Promise<Digest> {
  const emptyType = 'application/vnd.oci.empty.v1+json';
  const descriptor = { mediaType: emptyType, digest: digestOf(empty), size: empty.length };
  const config = artifactType === null ? { ...descriptor, mediaType: 'application/vnd.example.config' } : descriptor;
  const bytes = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: imageType, config, layers: [descriptor] },
      ...(artifactType === null ? {} : { artifactType }),
      subject: { mediaType: imageType, digest: to, size: 100 },
      annotations: { note },
    }),
  );
  const digest = digestOf(bytes);
  const answer = await putManifest(registry, `/v2/${name}/manifests/${digest}`, bytes);
  expect([answer.status, answer.headers.get('oci-subject')]).toEqual([201, to]);
  return digest;
}

const list = (digest: string, query = '') =>
  registry.ask('GET', `/v2/${name}/referrers/${digest}${query}`, pullFrom(name));
const listed = async (digest: string, query = '') => (await (await list(digest, query)).json()) as Listed;

describe('OCI 1.1 Listing Referrers', () => {
  it('answers an index of what refers to the digest, with artifact type and annotations', async () => {
    const signature = await refer(subject, 'application/vnd.example.signature', 'a');
    const bill = await refer(subject, null, 'b');
    const answer = await list(subject);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, indexType]);
    const { schemaVersion, mediaType, manifests } = (await answer.json()) as Listed;
    expect([schemaVersion, mediaType]).toEqual([2, indexType]);
    expect(manifests.map(({ digest }) => digest)).toEqual([signature, bill].sort());
    const types = new Map(manifests.map((each) => [each.digest, [each.artifactType, each.annotations]]));
    expect(types.get(signature)).toEqual(['application/vnd.example.signature', { note: 'a' }]);
    expect(types.get(bill)).toEqual(['application/vnd.example.config', { note: 'b' }]);
  });

  it('filters by artifact type, and says so', async () => {
    const wanted = await refer(subject, 'application/vnd.example.sbom+json', 'filtered');
    const query = `?artifactType=${encodeURIComponent('application/vnd.example.sbom+json')}`;
    const answer = await list(subject, query);
    expect(answer.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(((await answer.json()) as Listed).manifests.map(({ digest }) => digest)).toEqual([wanted]);
    expect((await list(subject)).headers.get('oci-filters-applied')).toBeNull();
  });

  it('F23 answers an empty index for a digest or a repository that nobody knows, and 400 for no digest', async () => {
    const unknown = `sha256:${'b'.repeat(64)}`;
    expect((await listed(unknown)).manifests).toEqual([]);
    const nowhere = await registry.ask('GET', `/v2/no/where/referrers/${unknown}`, pullFrom('no/where'));
    expect([nowhere.status, ((await nowhere.json()) as Listed).manifests]).toEqual([200, []]);
    const bad = await list('sha256:xyz');
    expect([bad.status, await codeOf(bad)]).toEqual([400, 'DIGEST_INVALID']);
  });

  it('F12 lists what refers to a digest that is not there, and only in the same repository', async () => {
    const absent = `sha256:${'c'.repeat(64)}`;
    const referrer = await refer(absent, 'application/vnd.example.signature', 'early');
    expect((await listed(absent)).manifests.map(({ digest }) => digest)).toEqual([referrer]);
    const elsewhere = await registry.ask('GET', `/v2/team/other/referrers/${absent}`, pullFrom('team/other'));
    expect(((await elsewhere.json()) as Listed).manifests).toEqual([]);
  });

  it('F13 answers pages that a client follows by Link to the end, filter included', async () => {
    const popular = `sha256:${'d'.repeat(64)}`;
    const pushed: string[] = [];
    for (let i = 0; i < 7; i++) pushed.push(await refer(popular, 'application/vnd.example.many', String(i)));
    await refer(popular, 'application/vnd.example.other', 'other');
    const seen: string[] = [];
    let path: string | null = `/v2/${name}/referrers/${popular}?n=3&artifactType=application/vnd.example.many`;
    for (let pages = 0; path !== null; pages++) {
      expect(pages).toBeLessThan(4);
      const answer = await registry.ask('GET', path, pullFrom(name));
      expect(answer.headers.get('oci-filters-applied')).toBe('artifactType');
      const { manifests } = (await answer.json()) as Listed;
      expect(manifests.length).toBeLessThanOrEqual(3);
      seen.push(...manifests.map(({ digest }) => digest));
      path = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(seen).toEqual([...pushed].sort());
  });

  it('F13 keeps a page below 4 MiB however large the annotations are, and leaves none out', async () => {
    const heavy = `sha256:${'e'.repeat(64)}`;
    const pushed = [];
    for (const note of ['x', 'y', 'z'])
      pushed.push(await refer(heavy, 'application/vnd.example.heavy', note.repeat(1_900_000)));
    const first = await list(heavy);
    expect(((await first.json()) as Listed).manifests).toHaveLength(2);
    const next = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = (await (await registry.ask('GET', next, pullFrom(name))).json()) as Listed;
    expect(second.manifests.map(({ digest }) => digest)).toEqual([pushed.sort().at(-1)]);
  });
});
