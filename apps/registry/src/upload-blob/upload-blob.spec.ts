import { randomBytes, randomUUID } from 'node:crypto';
import { digestOf } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type Asking, type TestPlace } from '../registry.suite.js';
import { codeOf, pullFrom, pushTo } from '../sample-content.suite.js';

const name = 'team/app';
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

async function start(query = ''): Promise<string> {
  const answer = await registry.ask('POST', `/v2/${name}/blobs/uploads/${query}`, pushTo(name));
  expect(answer.status).toBe(202);
  return answer.headers.get('location') ?? '';
}

const patch = (location: string, body: Buffer, headers: Record<string, string> = {}) =>
  registry.ask('PATCH', location, { ...pushTo(name), body, headers });

const finish = (location: string, digest: string, init: Asking = {}) =>
  registry.ask('PUT', `${location}?digest=${digest}`, { ...pushTo(name), ...init });

async function pulled(digest: string): Promise<Buffer | number> {
  const answer = await registry.ask('GET', `/v2/${name}/blobs/${digest}`, pullFrom(name));
  return answer.status === 200 ? Buffer.from(await answer.arrayBuffer()) : answer.status;
}

const links = () => registry.db.query('select 1 from repository_blob');

describe('an upload', () => {
  it('of a whole blob in one POST makes it pullable', async () => {
    const bytes = randomBytes(100_000);
    const digest = digestOf(bytes);
    const path = `/v2/${name}/blobs/uploads/?digest=${digest}`;
    const answer = await registry.ask('POST', path, { ...pushTo(name), body: bytes });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v2/${name}/blobs/${digest}`);
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
    expect(await pulled(digest)).toEqual(bytes);
  });

  it('as docker does it, POST, one streamed PATCH, PUT, makes it pullable', async () => {
    const bytes = randomBytes(3_000_000);
    const location = await start();
    const patched = await registry.ask('PATCH', location, {
      ...pushTo(name),
      body: new Blob([bytes]).stream(),
      duplex: 'half',
    });
    expect([patched.status, patched.headers.get('range')]).toEqual([202, '0-2999999']);
    expect((await finish(patched.headers.get('location') ?? '', digestOf(bytes))).status).toBe(201);
    expect(await pulled(digestOf(bytes))).toEqual(bytes);
  });

  it('takes the last bytes with PUT, and all of them too', async () => {
    const bytes = randomBytes(1000);
    const location = await start();
    await patch(location, bytes.subarray(0, 600));
    expect((await finish(location, digestOf(bytes), { body: bytes.subarray(600) })).status).toBe(201);
    expect(await pulled(digestOf(bytes))).toEqual(bytes);
    const all = randomBytes(1000);
    expect((await finish(await start(), digestOf(all), { body: all })).status).toBe(201);
    expect(await pulled(digestOf(all))).toEqual(all);
  });

  it('E16 of no bytes at all is the empty blob and no other', async () => {
    const empty = digestOf(Buffer.alloc(0));
    expect((await finish(await start(), empty)).status).toBe(201);
    expect(await pulled(empty)).toHaveLength(0);
    const other = await finish(await start(), digestOf(Buffer.from('x')));
    expect([other.status, await codeOf(other)]).toEqual([400, 'DIGEST_INVALID']);
  });

  it('tells how far it is, and continues in chunks that say where they begin', async () => {
    const bytes = randomBytes(300);
    const location = await start();
    const status = () => registry.ask('GET', location, pushTo(name));
    expect([(await status()).status, (await status()).headers.get('range')]).toEqual([204, '0-0']);
    for (const at of [0, 100, 200]) {
      const answer = await patch(location, bytes.subarray(at, at + 100), { 'content-range': `${at}-${at + 99}` });
      expect([answer.status, answer.headers.get('range')]).toEqual([202, `0-${at + 99}`]);
    }
    expect((await status()).headers.get('range')).toBe('0-299');
    expect((await finish(location, digestOf(bytes))).status).toBe(201);
  });

  it('E5 answers 416 to a closing PUT out of order, and the upload goes on', async () => {
    const bytes = randomBytes(1_000);
    const location = await start();
    await registry.ask('PATCH', location, { ...pushTo(name), body: bytes.subarray(0, 400) });
    const finish = (range: string, body: Buffer) =>
      registry.ask('PUT', `${location}?digest=${digestOf(bytes)}`, {
        ...{ ...pushTo(name), body, headers: { 'content-range': range } },
      });
    for (const range of ['500-1099', '0-599', '9-0', 'x']) {
      const refused = await finish(range, bytes.subarray(400));
      expect([refused.status, refused.headers.get('range')], range).toEqual([416, '0-399']);
      await refused.body?.cancel();
    }
    expect((await finish('400-999', bytes.subarray(400))).status).toBe(201);
  });

  it('E5 answers 416 to a chunk out of order and says which bytes count', async () => {
    const bytes = randomBytes(200);
    const location = await start();
    await patch(location, bytes.subarray(0, 100), { 'content-range': '0-99' });
    for (const range of ['0-99', '50-149', '101-200']) {
      const answer = await patch(location, bytes.subarray(100), { 'content-range': range });
      expect([answer.status, answer.headers.get('range')]).toEqual([416, '0-99']);
      expect(answer.headers.get('location')).toBe(location);
      await answer.body?.cancel();
    }
    await patch(location, bytes.subarray(100), { 'content-range': '100-199' });
    expect((await finish(location, digestOf(bytes))).status).toBe(201);
  });

  it('E7 answers 400 SIZE_INVALID to a chunk of another length, which then does not count', async () => {
    const bytes = randomBytes(100);
    const location = await start();
    const wrong = await patch(location, bytes, { 'content-range': '0-49' });
    expect([wrong.status, await codeOf(wrong)]).toEqual([400, 'SIZE_INVALID']);
    expect((await patch(location, bytes, { 'content-range': '0-99' })).status).toBe(202);
    expect((await finish(location, digestOf(bytes))).status).toBe(201);
  });

  it('E8 is gone after a wrong digest, and nothing can be pulled by it', async () => {
    const bytes = randomBytes(100);
    const wrong = digestOf(Buffer.from('wrong'));
    const location = await start();
    const before = await links();
    await patch(location, bytes);
    const answer = await finish(location, wrong);
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'DIGEST_INVALID']);
    expect(await pulled(wrong)).toBe(404);
    expect((await finish(location, digestOf(bytes))).status).toBe(404);
    const whole = await registry.ask('POST', `/v2/${name}/blobs/uploads/?digest=${wrong}`, {
      ...pushTo(name),
      body: bytes,
    });
    expect([whole.status, await codeOf(whole)]).toEqual([400, 'DIGEST_INVALID']);
    expect(await links()).toHaveLength(before.length);
  });

  it('E9 needs one digest to be finished', async () => {
    const location = await start();
    const digest = digestOf(Buffer.alloc(0));
    for (const query of ['', '?digest=', '?digest=sha256:abc', `?digest=${digest}&digest=${digest}`]) {
      const answer = await registry.ask('PUT', `${location}${query}`, pushTo(name));
      expect([query, answer.status, await codeOf(answer)]).toEqual([query, 400, 'DIGEST_INVALID']);
    }
  });

  it('D7 can not claim a digest that is here without bringing its bytes', async () => {
    const bytes = randomBytes(500);
    await finish(await start(), digestOf(bytes), { body: bytes });
    const answer = await finish(await start(), digestOf(bytes));
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'DIGEST_INVALID']);
  });

  it('E1 E2 does not exist for another repository, another principal or another id', async () => {
    const location = await start();
    const id = location.split('/').at(-1) ?? '';
    const others: readonly [string, Asking][] = [
      [`/v2/team/other/blobs/uploads/${id}`, pushTo('team/other')],
      [location, { token: place.identity.token(pushTo(name).access, { sub: 'token:someone-else' }) }],
      [`/v2/${name}/blobs/uploads/${randomUUID()}`, pushTo(name)],
      [`/v2/${name}/blobs/uploads/not-a-uuid`, pushTo(name)],
    ];
    for (const [path, asking] of others) {
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const url = method === 'PUT' ? `${path}?digest=${digestOf(Buffer.alloc(0))}` : path;
        const answer = await registry.ask(method, url, asking);
        expect([method, path, answer.status, method === 'GET' || (await codeOf(answer))]).toEqual([
          ...[method, path, 404, method === 'GET' || 'BLOB_UPLOAD_UNKNOWN'],
        ]);
        if (method === 'GET') await answer.body?.cancel();
      }
    }
    expect((await finish(location, digestOf(Buffer.alloc(0)))).status).toBe(201);
  });

  it('E10 takes one of twenty chunks for the same place', async () => {
    const location = await start();
    const chunks = Array.from({ length: 20 }, () => randomBytes(5000));
    const answers = await Promise.all(chunks.map((chunk) => patch(location, chunk, { 'content-range': '0-4999' })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([202, ...Array.from({ length: 19 }, () => 416)]);
    const taken = chunks[statuses.indexOf(202)] ?? Buffer.alloc(0);
    expect((await finish(location, digestOf(taken))).status).toBe(201);
    expect(await pulled(digestOf(taken))).toEqual(taken);
  });

  it('E11 is over once it is finished', async () => {
    const location = await start();
    await finish(location, digestOf(Buffer.alloc(0)));
    expect((await patch(location, Buffer.from('x'))).status).toBe(404);
    expect((await finish(location, digestOf(Buffer.alloc(0)))).status).toBe(404);
  });

  it('with sha512 is hashed on the way, or again when only its end says so', async () => {
    const bytes = randomBytes(2000);
    const digest = digestOf(bytes, 'sha512');
    for (const query of ['?digest-algorithm=sha512', '']) {
      const location = await start(query);
      await patch(location, bytes.subarray(0, 999));
      expect((await finish(location, digest, { body: bytes.subarray(999) })).status).toBe(201);
    }
    expect(await pulled(digest)).toEqual(bytes);
  });

  it('E11 can be cancelled, and is over then', async () => {
    const location = await start();
    await patch(location, Buffer.from('x'));
    const cancelled = await registry.ask('DELETE', location, pushTo(name));
    expect([cancelled.status, await cancelled.text()]).toEqual([204, '']);
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const url = method === 'PUT' ? `${location}?digest=${digestOf(Buffer.from('x'))}` : location;
      expect([method, (await registry.ask(method, url, pushTo(name))).status]).toEqual([method, 404]);
    }
  });

  it('E3 E4 shows nothing of its state but a random id: 122 bits, in no order', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 200; i++) {
      const location = await start();
      expect(location).toMatch(/^\/v2\/team\/app\/blobs\/uploads\/[0-9a-f-]{36}$/);
      ids.push(location.slice(-36));
    }
    expect(ids.every((id) => /^.{14}4.{4}[89ab]/.test(id))).toBe(true);
    expect(ids.toSorted()).not.toEqual(ids);
    // Each of the random bits is set in about half of them: 200 throws are off by more than 45 once in 10^10.
    for (let bit = 0; bit < 128; bit++) {
      const isFixed = (bit >= 48 && bit < 52) || (bit >= 64 && bit < 66);
      const set = ids.filter((id) => (BigInt(`0x${id.replaceAll('-', '')}`) >> BigInt(127 - bit)) & 1n).length;
      if (!isFixed) expect(Math.abs(set - 100)).toBeLessThan(46);
    }
  });

  it('continues on another replica and after a restart', async () => {
    const bytes = randomBytes(200_000);
    const location = await start();
    await patch(location, bytes.subarray(0, 70_000));
    const replica = await TestRegistry.start(place, { instance: 'registry-2' });
    try {
      const answer = await replica.ask('PATCH', location, { ...pushTo(name), body: bytes.subarray(70_000, 150_000) });
      expect(answer.headers.get('range')).toBe('0-149999');
    } finally {
      await replica.stop();
    }
    expect((await finish(location, digestOf(bytes), { body: bytes.subarray(150_000) })).status).toBe(201);
    expect(await pulled(digestOf(bytes))).toEqual(bytes);
  });
});
