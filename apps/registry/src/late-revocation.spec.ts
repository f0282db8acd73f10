import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { digestOf } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from './registry.suite.js';
import { imageOf, imageType, pushBlob, pushConfig, pushTo } from './sample-content.suite.js';
import { DataPlaneAccess } from './data-plane-access.js';

const name = 'team/app';
const layer = Buffer.from('layer');
const manifest = imageOf(layer);
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  await pushConfig(registry, name);
  await pushBlob(registry, name, layer);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const bytes = Buffer.from('a blob that arrives slowly');

const startUpload = async (): Promise<string> => {
  const answer = await registry.ask('POST', `/v2/${name}/blobs/uploads/`, pushTo(name));
  return answer.headers.get('location') ?? '';
};

interface SlowRequest {
  readonly method: string;
  readonly path: () => Promise<string>;
  readonly body: Buffer;
}

const requests: readonly [string, SlowRequest][] = [
  ['a manifest', { method: 'PUT', path: async () => `/v2/${name}/manifests/late`, body: manifest }],
  [
    'a whole blob',
    { method: 'POST', path: async () => `/v2/${name}/blobs/uploads/?digest=${digestOf(bytes)}`, body: bytes },
  ],
  ['a chunk', { method: 'PATCH', path: startUpload, body: bytes }],
  [
    'the end of an upload',
    { method: 'PUT', path: async () => `${await startUpload()}?digest=${digestOf(bytes)}`, body: bytes },
  ],
];

const contents = () =>
  registry.db.query(
    `select 'manifest' from manifest union all select digest from blob union all select writer::text from upload
      where writer is not null or offset_bytes > 0`,
  );

function filesOfBlobs(): number {
  const folder = join(place.dataDir, 'blobs');
  return readdirSync(folder).flatMap((part) => readdirSync(join(folder, part))).length;
}

describe('a request that was let in before its token was taken away', () => {
  it.each(requests)('and brings the rest of %s after it changes nothing', async (what, { method, path, body }) => {
    const subject = `scope-map:${what}`;
    const url = await path();
    const before = [await contents(), filesOfBlobs()];
    const admit = vi.spyOn(DataPlaneAccess.prototype, 'admit');
    const sent = begin(method, url, place.identity.token(pushTo(name).access, { ver: { [subject]: 1 } }));
    sent.write(body.subarray(0, 5));
    await vi.waitFor(() => expect(admit).toHaveResolved());
    admit.mockRestore();
    await registry.raiseMinimum(subject, 2);
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.end(body.subarray(5));
    const [answer] = await answered;
    expect(answer.statusCode).toBe(401);
    expect(JSON.parse(await text(answer))).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    expect(answer.headers['www-authenticate']).toMatch(
      /^Bearer realm=.*,scope="repository:team\/app:pull,push",error="invalid_token"$/,
    );
    expect(registry.spooled().at(-1)).toMatchObject({
      ...{ event: 'refused', reason: 'taken-away', action: 'content/write' },
      ...{ actor: { name: 'mytoken' }, target: { repository: name } },
    });
    expect([await contents(), filesOfBlobs()]).toEqual(before);
  });
});

function begin(method: string, path: string, token: string): ClientRequest {
  const headers = { authorization: `Bearer ${token}`, 'content-type': imageType };
  return httpRequest(`${registry.url}${path}`, { method, headers });
}
