import { installation, type ManagementClaims } from '@berth/contracts';
import type { Digest } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignRole, setQuarantine } from '../quarantine.suite.js';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { imageType, pushImage } from '../sample-content.suite.js';

const name = 'team/listed';
const path = `/api/v1/registries/local/repositories/${encodeURIComponent(name)}/manifests`;
let place: TestPlace;
let registry: TestRegistry;
/** Digests in order, and of which state each is. */
let all: { digest: Digest; state: string | null }[];

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  for (const role of ['AcrQuarantineReader', 'AcrPull', 'AcrPush', 'AcrDelete'] as const) {
    await assignRole(registry, role, `service:${role}`);
  }
  const push = async (text: string, state: string | null) => {
    const { digest } = await pushImage(registry, name, { tag: text, text });
    return { digest, state };
  };
  all = [await push('open', null), await push('bare', null)];
  await setQuarantine(registry, { isOn: true });
  for (const text of ['one', 'two', 'three', 'four', 'five']) all.push(await push(text, 'Quarantined'));
  for (const [text, state] of [
    ['fine', 'Passed'],
    ['poor', 'Failed'],
  ] as const) {
    const pushed = await push(text, state);
    await registry.db.query(
      `with decided as (update quarantine set state = $2 where digest = $1 returning digest)
       update manifest set closed_until = case $2 when 'passed' then null else 'infinity'::timestamptz end from decided
        where manifest.digest = decided.digest`,
      [pushed.digest, state.toLowerCase()],
    );
    all.push(pushed);
  }
  all.sort((a, b) => (a.digest < b.digest ? -1 : 1));
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

interface Page {
  readonly items: { digest: string; quarantineState: string | null }[];
  readonly next: string | null;
}

const ask = (query = '', sub = 'service:AcrPull', more: Partial<ManagementClaims> = {}) =>
  registry.ask('GET', `${path}${query}`, {
    token: place.identity.managementToken({ sub, ver: { [sub]: 1 }, ...more }),
  });
const list = async (query?: string) => (await (await ask(query)).json()) as Page;
const digestsOf = ({ items }: Page) => items.map(({ digest }) => digest);
const inState = (state: string | null) => all.filter((each) => each.state === state).map(({ digest }) => digest);

describe('GET /api/v1/registries/{r}/repositories/{name}/manifests', () => {
  it('lists them by digest with what was decided, page by page', async () => {
    const { items, next } = await list();
    expect(items.map(({ digest, quarantineState }) => ({ digest, state: quarantineState }))).toEqual(all);
    expect(next).toBeNull();
    const first = await list('?limit=4');
    const second = await list(`?limit=4&after=${first.next ?? ''}`);
    const third = await list(`?limit=4&after=${second.next ?? ''}`);
    expect([first, second, third].flatMap(digestsOf)).toEqual(all.map(({ digest }) => digest));
    expect(third.next).toBeNull();
  });

  it.each(['Quarantined', 'Passed', 'Failed'])('lists those that are %s, page by page', async (state) => {
    const first = await list(`?quarantineState=${state}&limit=3`);
    const rest =
      first.next === null ? [] : digestsOf(await list(`?quarantineState=${state}&limit=3&after=${first.next}`));
    expect([...digestsOf(first), ...rest]).toEqual(inState(state));
  });

  it('says of each what it is, and when it opens by itself', async () => {
    await setQuarantine(registry, { isOn: true, releaseAfterHours: 2 });
    const { digest, manifest } = await pushImage(registry, 'team/held', { tag: 'v1', text: 'held' });
    const token = place.identity.managementToken({ sub: 'service:AcrPull', ver: { 'service:AcrPull': 1 } });
    const one = `/api/v1/registries/local/repositories/team%2Fheld/manifests/${digest}`;
    const held = (await (await registry.ask('GET', one, { token })).json()) as Record<string, string>;
    expect(held).toMatchObject({
      ...{ digest, mediaType: imageType, size: manifest.length, tags: ['v1'], quarantineState: 'Quarantined' },
      ...{ quarantineDetails: null, changedBy: 'token:01900000-0000-7000-8000-00000000aaaa' },
    });
    expect(Date.parse(held['releaseAt'] ?? '') - Date.parse(held['pushedAt'] ?? '')).toBe(7_200_000);
  });

  it.each([
    ['?quarantineState=quarantined'],
    ['?quarantineState=Open'],
    ['?limit=0'],
    ['?after=%27'],
    ['?state=Passed'],
    ['?quarantineState=Passed&quarantineState=Failed'],
  ])('D17 D18 refuses %s', async (query) => {
    expect((await ask(query)).status).toBe(400);
  });

  it('is for who may read the metadata, or pull what is in quarantine', async () => {
    const statuses = ['AcrQuarantineReader', 'AcrPull', 'AcrPush', 'AcrDelete'].map(async (role) => {
      return (await ask('', `service:${role}`)).status;
    });
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 403]);
    expect((await ask('', 'service:nobody')).status).toBe(403);
  });

  it('S3-06 shows who may only pull what is in quarantine what is closed, and nothing else', async () => {
    const listed = async (query: string) =>
      digestsOf((await (await ask(query, 'service:AcrQuarantineReader')).json()) as Page);
    const closed = all.filter(({ state }) => state === 'Quarantined' || state === 'Failed').map(({ digest }) => digest);
    expect(await listed('')).toEqual(closed);
    expect(await listed('?quarantineState=Failed')).toEqual(inState('Failed'));
    expect(await listed('?quarantineState=Passed')).toEqual([]);
    const sub = 'service:AcrQuarantineReader';
    const token = place.identity.managementToken({ sub, ver: { [sub]: 1 } });
    for (const { digest, state } of all) {
      const { status } = await registry.ask('GET', `${path}/${digest}`, { token });
      expect([state, status]).toEqual([state, state === 'Quarantined' || state === 'Failed' ? 200 : 404]);
    }
  });

  it('D15 knows nothing of another account, and no repository that is not there', async () => {
    expect([403, 404]).toContain((await ask('', 'service:AcrPull', { acct: installation.registryId })).status);
    const token = place.identity.managementToken({ sub: 'service:AcrPull', ver: { 'service:AcrPull': 1 } });
    const none = '/api/v1/registries/local/repositories/team%2Fnone/manifests';
    expect((await registry.ask('GET', none, { token })).status).toBe(404);
  });
});
