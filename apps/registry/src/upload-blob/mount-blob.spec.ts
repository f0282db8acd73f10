import { randomBytes } from 'node:crypto';
import type { AccessClaims } from '@berth/contracts';
import { digestOf, type Digest } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { pullFrom, pushBlob, pushTo } from '../sample-content.suite.js';

const [source, target] = ['team/source', 'team/target'];
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const both = { access: { [target]: ['pull', 'push'], [source]: ['pull'] } };

const mount = (query: string, asking: object = both) =>
  registry.ask('POST', `/v2/${target}/blobs/uploads/?${query}`, asking);

const newBlob = (): Promise<Digest> => pushBlob(registry, source, randomBytes(100));

const statusOf = async (digest: string): Promise<number> =>
  (await registry.ask('HEAD', `/v2/${target}/blobs/${digest}`, pullFrom(target))).status;

/** What a client sees of an answer, but for the id of the upload. */
async function seen(answer: Response): Promise<unknown> {
  const { status, headers } = answer;
  const changing = ['date', 'x-request-id', 'docker-upload-uuid'];
  const shown = [...headers].filter(([name]) => !changing.includes(name));
  return { status, headers: shown.map(([name, value]) => [name, value.replace(/[0-9a-f-]{36}/, '<id>')]) };
}

describe('a mount', () => {
  it('makes the blob visible here, on the record, without an upload', async () => {
    const digest = await newBlob();
    const answer = await mount(`mount=${digest}&from=${source}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/v2/${target}/blobs/${digest}`]);
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
    expect(await statusOf(digest)).toBe(200);
    const entry = { event: 'blob-mounted', target: { repository: target, digest, bytes: 100 } };
    expect((await registry.recorded()).at(-1)).toMatchObject(entry);
    expect(await registry.db.query('select 1 from upload')).toEqual([]);
  });

  it('works within one repository too', async () => {
    const digest = await newBlob();
    const path = `/v2/${source}/blobs/uploads/?mount=${digest}&from=${source}`;
    expect((await registry.ask('POST', path, pushTo(source))).status).toBe(201);
  });

  it('D4 without a source finds the blob where the token may pull, and nowhere else', async () => {
    const digest = await newBlob();
    expect((await mount(`mount=${digest}`, pushTo(target))).status).toBe(202);
    expect((await mount(`mount=${digest}`, { access: { ...both.access, [source]: ['push'] } })).status).toBe(202);
    expect((await mount(`mount=${digest}`, { access: { ...both.access, 'team/none': ['pull'] } })).status).toBe(201);
  });

  it('D3 that can not be is answered with an upload, always the same whatever the reason', async () => {
    const held = await newBlob();
    const nowhere = digestOf(Buffer.from('nowhere'));
    const stranger = place.identity.token(both.access, { sub: 'token:01900000-0000-7000-8000-00000000bbbb' });
    const answers = [
      await mount(`mount=${held}&from=${source}`, pushTo(target)),
      await mount(`mount=${held}&from=team/none`),
      await mount(`mount=${held}&from=team/none`, pushTo(target)),
      await mount(`mount=${nowhere}&from=${source}`),
      await mount(`mount=${nowhere}&from=${source}`, pushTo(target)),
      // Pushed by somebody else, and no manifest refers to it: not to be opened by everyone who may pull there.
      await mount(`mount=${held}&from=${source}`, { token: stranger }),
    ];
    const all = await Promise.all(answers.map(seen));
    expect(all[0]).toMatchObject({ status: 202 });
    for (const each of all) expect(each).toEqual(all[0]);
    expect(await statusOf(held)).toBe(404);
  });

  it('that can not be makes no repository', async () => {
    const digest = await newBlob();
    const stranger = place.identity.token(
      { 'team/fresh': ['pull', 'push'], [source]: ['pull'] },
      { sub: 'token:01900000-0000-7000-8000-00000000bbbb' },
    );
    const path = `/v2/team/fresh/blobs/uploads/?mount=${digest}&from=${source}`;
    expect((await registry.ask('POST', path, { token: stranger })).status).toBe(202);
    expect(await registry.db.query(`select 1 from repository where name = 'team/fresh'`)).toEqual([]);
  });

  it('reads nothing from a source that was deleted and made again after the token was decided', async () => {
    const digest = await newBlob();
    await registry.db.query(
      `insert into repository_deletion (registry_id, name, account, version, deleted_at)
       select registry_id, name, account, 7, now() from repository where name = $1`,
      [source],
    );
    expect((await mount(`mount=${digest}&from=${source}`)).status).toBe(202);
    const claims = place.identity.claims(both.access);
    const access = claims.access.map((entry) => ({ ...entry, inc: 7 })) as AccessClaims['access'];
    const token = place.identity.token({}, { access });
    await registry.db.query(`delete from repository_deletion where name <> $1`, [source]);
    expect((await mount(`mount=${digest}&from=${source}`, { token })).status).toBe(201);
    await registry.db.query(`delete from repository_deletion`);
  });

  it('takes a digest algorithm for the upload that it may become', async () => {
    const bytes = randomBytes(50);
    const digest = digestOf(bytes, 'sha512');
    const answer = await mount(`mount=${digest}&from=${source}&digest-algorithm=sha512`);
    expect(answer.status).toBe(202);
    const url = `${answer.headers.get('location') ?? ''}?digest=${digest}`;
    expect((await registry.ask('PUT', url, { ...both, body: bytes })).status).toBe(201);
  });

  it('D5 has one source', async () => {
    for (const query of ['from=a&from=b', 'from[]=b']) {
      const answer = await mount(`mount=${digestOf(Buffer.from('x'))}&${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
      await answer.body?.cancel();
    }
  });
});
