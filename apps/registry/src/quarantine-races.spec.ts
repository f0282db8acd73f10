import { digestOf, parseRepositoryName, parseTag, type Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, untilSomebodyWaits } from './collect-garbage/garbage.suite.js';
import { ContentStores } from './content-stores.js';
import { assignRole, pushIndex, setQuarantine } from './quarantine.suite.js';
import { newPlace, TestRegistry, type TestPlace } from './registry.suite.js';
import type { Repository } from './repository.js';
import { imageType, pushBlob, pushImage } from './sample-content.suite.js';
import { ReleaseHolds } from './release-holds/release-holds.js';

const hourMs = 3_600_000;
let place: TestPlace;
let registry: TestRegistry;
let stores: ContentStores;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  stores = registry.app.get(ContentStores, { strict: false });
  await assignRole(registry, 'AcrQuarantineWriter', 'service:scanner');
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

/** Of the registry's own time: a token lives five minutes. */
let elapsedMs = 0;
const times = () => {
  const iat = Math.floor((Date.now() + elapsedMs) / 1000);
  return { iat, nbf: iat, exp: iat + 60 };
};

async function laterBy<T>(ms: number, run: () => Promise<T>): Promise<T> {
  registry.advance(ms);
  elapsedMs += ms;
  try {
    return await run();
  } finally {
    registry.advance(-ms);
    elapsedMs -= ms;
  }
}

function decide(name: string, digest: Digest, quarantineState: string): Promise<Response> {
  const token = place.identity.managementToken({ sub: 'service:scanner', ver: { 'service:scanner': 1 } });
  const headers = { 'content-type': 'application/json' };
  const path = `/api/v1/registries/local/repositories/${encodeURIComponent(name)}/manifests/${digest}`;
  return registry.ask('PATCH', path, { token, headers, body: JSON.stringify({ quarantineState }) });
}

async function removed(name: string, digest: Digest): Promise<number> {
  const token = place.identity.token({ [name]: ['delete'] }, times());
  return (await registry.ask('DELETE', `/v2/${name}/manifests/${digest}`, { token })).status;
}

/** Of who may pull and brought nothing: the manifest and its layer. */
async function seen(name: string, { digest, layer }: { digest: Digest; layer: Digest }): Promise<number[]> {
  const token = place.identity.token({ [name]: ['pull'] }, { sub: 'user:reader', ...times() });
  const paths = [`manifests/${digest}`, `blobs/${layer}`];
  return Promise.all(paths.map(async (path) => (await registry.ask('GET', `/v2/${name}/${path}`, { token })).status));
}

async function repositoryOf(tx: Transaction, name: string): Promise<Repository> {
  const found = await stores.repositories.find(tx, addressOf(parseRepositoryName(name)));
  if (found === null) throw new Error('no such repository');
  return found;
}

const closed = [403, 403];
const open = [200, 200];

describe('the time for which nobody decided', () => {
  it('S3-12 begins anew when the manifest was deleted before it was over, and ends only while it is there', async () => {
    const name = 'race/clock';
    await setQuarantine(registry, { isOn: true, releaseAfterHours: 1 });
    const image = await pushImage(registry, name, { tag: 'v1', text: 'clock' });
    expect(await removed(name, image.digest)).toBe(202);
    expect((await decide(name, image.digest, 'Failed')).status).toBe(404);
    await laterBy(2 * hourMs, () => registry.app.get(ReleaseHolds, { strict: false }).release());
    const again = await pushImage(registry, name, { tag: 'v1', text: 'clock' });
    expect(await seen(name, again)).toEqual(closed);
    expect(await laterBy(2 * hourMs, () => seen(name, again))).toEqual(open);
    expect(await laterBy(2 * hourMs, () => removed(name, again.digest))).toBe(202);
    await pushImage(registry, name, { tag: 'v1', text: 'clock' });
    expect(await laterBy(2 * hourMs, () => seen(name, again))).toEqual(open);
  });

  it('does not bind what was put into quarantine by hand: that stays, deleted or not', async () => {
    const name = 'race/hand';
    await setQuarantine(registry, { isOn: false });
    const image = await pushImage(registry, name, { tag: 'v1', text: 'hand' });
    expect((await decide(name, image.digest, 'Quarantined')).status).toBe(200);
    expect(await removed(name, image.digest)).toBe(202);
    await pushImage(registry, name, { tag: 'v1', text: 'hand' });
    expect(await seen(name, image)).toEqual(closed);
  });
});

describe('a decision about what is being deleted and pushed again', () => {
  it('S3-12 is refused, or binds the manifest that is there then', async () => {
    const name = 'race/decided';
    await setQuarantine(registry, { isOn: false });
    const image = await pushImage(registry, name, { tag: 'v1', text: 'decided' });
    const { decision, push } = await registry.db.transaction(async (tx) => {
      const repository = await repositoryOf(tx, name);
      await stores.quarantines.lock(tx, repository, image.digest);
      await stores.manifests.delete(tx, repository, image.digest);
      const decision = decide(name, image.digest, 'Failed');
      await untilSomebodyWaits(registry);
      const push = pushImage(registry, name, { tag: 'v1', text: 'decided' });
      await untilSomebodyWaits(registry, 2);
      return { decision, push };
    });
    await push;
    await decision;
    const states = await registry.db.query<{ state: string }>(`select state from quarantine where digest = $1`, [
      image.digest,
    ]);
    expect(await seen(name, image)).toEqual(states.length === 0 ? open : closed);
  });

  it('binds a blob that is brought again meanwhile', async () => {
    const name = 'race/brought';
    await setQuarantine(registry, { isOn: false });
    const image = await pushImage(registry, name, { tag: 'v1', text: 'brought' });
    const access = { [name]: ['delete'] };
    expect((await registry.ask('DELETE', `/v2/${name}/blobs/${image.layer}`, { access })).status).toBe(202);
    const { upload } = await registry.db.transaction(async (tx) => {
      const repository = await repositoryOf(tx, name);
      const [digest, at] = [image.digest, new Date()];
      const decision = { digest, state: 'failed', details: null, principal: 'service:scanner', at } as const;
      expect(await stores.quarantines.decide(tx, repository, decision)).toBe(true);
      await stores.blobs.hold(tx, repository, digest);
      await stores.obeyQuarantine(tx, repository, { digest, at });
      const upload = pushBlob(registry, name, Buffer.from('brought'));
      await untilSomebodyWaits(registry);
      return { upload };
    });
    await upload;
    expect(await seen(name, image)).toEqual(closed);
  });

  it('is not waited for by the round that ends what nobody decided about', async () => {
    const name = 'race/round';
    const round = () => laterBy(2 * hourMs, () => registry.app.get(ReleaseHolds, { strict: false }).release());
    // What other tests left.
    await round();
    await setQuarantine(registry, { isOn: true, releaseAfterHours: 1 });
    const { digest } = await pushImage(registry, name, { tag: 'v1', text: 'round' });
    await registry.db.transaction(async (tx) => {
      await stores.quarantines.lock(tx, await repositoryOf(tx, name), digest);
      expect(await round()).toBe(0);
    });
    expect(await round()).toBe(1);
  });
});

describe('a push that is closed', () => {
  it('closes whatever it names, whatever left that open', async () => {
    const name = 'race/left';
    await setQuarantine(registry, { isOn: false });
    const base = await pushImage(registry, name, { tag: 'v1', text: 'left' });
    expect(await removed(name, base.digest)).toBe(202);
    await registry.db.query(`update repository_blob set released = true where digest = $1`, [base.layer]);
    await setQuarantine(registry, { isOn: true });
    const image = await pushImage(registry, name, { tag: 'v1', text: 'left' });
    expect(await seen(name, image)).toEqual(closed);
  });
});

describe('a deletion of a manifest with many tags', () => {
  it('takes them in the order in which a push does, whoever came first', async () => {
    const name = 'race/tags';
    await setQuarantine(registry, { isOn: false });
    const second = await pushImage(registry, name, { tag: 'other', text: 'second' });
    for (const tag of ['b', 'a']) await pushImage(registry, name, { tag, text: 'first' });
    const { digest } = await pushImage(registry, name, { tag: 'a', text: 'first' });
    const deletion = await registry.db.transaction(async (tx) => {
      const repository = await repositoryOf(tx, name);
      const point = async (tag: string) => {
        const wanted = { name: parseTag(tag), digest: second.digest, at: new Date() };
        await stores.manifests.addTag(tx, repository, wanted);
        await stores.manifests.moveTag(tx, repository, wanted);
      };
      await point('a');
      const answer = removed(name, digest);
      await untilSomebodyWaits(registry);
      await point('b');
      return { answer };
    });
    expect(await deletion.answer).toBe(202);
    const tags = await registry.db.query(`select name from tag where digest = $1 order by name`, [second.digest]);
    expect(tags).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'other' }]);
  });
});

describe('a push of what is open, after the rule was switched on', () => {
  const rules = [{ repositories: 'race/*', tags: 'v*', except: [] }];
  const put = (name: string, bytes: Buffer, token: string) =>
    registry.ask('PUT', `/v2/${name}/manifests/${digestOf(bytes)}`, {
      ...{ token, body: bytes, headers: { 'content-type': imageType } },
    });

  it('D13 takes no image from under a tag that is written once, nor a part of one; any other it does', async () => {
    const name = 'race/once';
    await setQuarantine(registry, { isOn: false });
    const pushAll = async () => {
      const once = await pushImage(registry, name, { tag: 'v1', text: 'once' });
      const part = await pushImage(registry, name, { tag: 'part', text: 'part' });
      return { once, part, other: await pushImage(registry, name, { tag: 'w1', text: 'other' }) };
    };
    const { once, part, other } = await pushAll();
    const child = { digest: part.digest, size: part.manifest.length, mediaType: imageType };
    await pushIndex(registry, name, { tag: 'v2', children: [child] });
    await setQuarantine(registry, { isOn: true }, rules);
    await pushAll();
    expect(await seen(name, once)).toEqual(open);
    expect(await seen(name, part)).toEqual(open);
    expect(await seen(name, other)).toEqual(closed);
  });

  it('D10 takes none with credentials that only add; what is new is closed', async () => {
    const name = 'race/added';
    await setQuarantine(registry, { isOn: false });
    const image = await pushImage(registry, name, { tag: 'v1', text: 'added' });
    await setQuarantine(registry, { isOn: true });
    const entry = { type: 'repository' as const, name, actions: ['pull', 'push'], inc: 0 };
    const token = place.identity.token({}, { access: [{ ...entry, when: [{ createOnly: true }] }] });
    expect((await put(name, image.manifest, token)).status).toBe(201);
    expect(await seen(name, image)).toEqual(open);
    const added = Buffer.concat([image.manifest, Buffer.from(' ')]);
    expect((await put(name, added, token)).status).toBe(201);
    expect(await seen(name, { digest: digestOf(added), layer: image.layer })).toEqual([403, 200]);
    await pushImage(registry, name, { tag: 'v1', text: 'added' });
    expect(await seen(name, image)).toEqual(closed);
  });
});
