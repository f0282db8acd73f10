import { digestOf, type Digest } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignRole, setQuarantine, tokenOfOther } from '../quarantine.suite.js';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { imageOf, imageType, pullFrom, pushBlob, pushConfig, pushImage, putManifest } from '../sample-content.suite.js';

let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  await assignRole(registry, 'AcrQuarantineWriter', 'service:scanner');
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

/** Somebody who may push here too, and brought nothing. */
const asOther = (name: string) => ({ token: tokenOfOther(place, name, 'pull', 'push') });

async function seen(answer: Response): Promise<unknown> {
  if (answer.status < 400) return answer.status;
  const { errors } = (await answer.json()) as { errors: [{ code: string; message: string }] };
  return [answer.status, errors[0].code];
}

async function putAsOther(name: string, bytes: Buffer): Promise<unknown> {
  const init = { body: bytes, headers: { 'content-type': imageType } };
  return seen(await registry.ask('PUT', `/v2/${name}/manifests/${digestOf(bytes)}`, { ...asOther(name), ...init }));
}

async function uploadAsOther(name: string, bytes: Buffer): Promise<void> {
  const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(bytes)}`;
  expect((await registry.ask('POST', path, { ...asOther(name), body: bytes })).status).toBe(201);
}

/** Of who may pull and brought nothing. */
async function statusForReader(name: string, digest: Digest): Promise<number> {
  const token = place.identity.token({ [name]: ['pull'] }, { sub: 'user:reader' });
  const answer = await registry.ask('GET', `/v2/${name}/blobs/${digest}`, { token });
  await answer.arrayBuffer();
  return answer.status;
}

/** The layer may be elsewhere. */
const foreign = (image: Buffer) =>
  Buffer.from(image.toString().replace('image.layer.v1.tar', 'image.layer.nondistributable.v1.tar'));

/** A repository whose config everybody may open. */
async function repository(name: string): Promise<string> {
  await pushImage(registry, name, { tag: 'base', text: `base of ${name}` });
  return name;
}

const unknown = [400, 'MANIFEST_BLOB_UNKNOWN'];

describe('a manifest that names a blob which its pusher may not open', () => {
  it('D8 is refused, whatever size it names, and opens the blob to nobody', async () => {
    const name = await repository('named/secret');
    const layer = Buffer.from('secret');
    const digest = await pushBlob(registry, name, layer);
    const misfit = Buffer.from(imageOf(layer).toString().replace('"size":6', '"size":7'));
    for (const image of [imageOf(layer), misfit]) expect(await putAsOther(name, image)).toEqual(unknown);
    expect(await statusForReader(name, digest)).toBe(403);
    await uploadAsOther(name, layer);
    expect(await putAsOther(name, imageOf(layer))).toBe(201);
    expect(await statusForReader(name, digest)).toBe(200);
  });

  it('S3-12 is no way to open what failed, with other bytes around it', async () => {
    const name = await repository('named/failed');
    await setQuarantine(registry, { isOn: true });
    const { digest, layer, manifest } = await pushImage(registry, name, { tag: 'bad', text: 'failed' });
    const token = place.identity.managementToken({ sub: 'service:scanner', ver: { 'service:scanner': 1 } });
    const path = `/api/v1/registries/local/repositories/named%2Ffailed/manifests/${digest}`;
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ quarantineState: 'Failed' });
    expect((await registry.ask('PATCH', path, { token, headers, body })).status).toBe(200);
    await setQuarantine(registry, { isOn: false });
    expect(await putAsOther(name, Buffer.concat([manifest, Buffer.from('\n')]))).toEqual(unknown);
    expect(await statusForReader(name, layer)).toBe(403);
    expect(await putAsOther(name, manifest)).toBe(201);
    expect(await statusForReader(name, layer)).toBe(403);
  });

  it('as a layer that may be elsewhere is taken, but does not open it, nor ever by what others bring', async () => {
    const name = await repository('named/foreign');
    const here = Buffer.from('here already');
    const digest = await pushBlob(registry, name, here);
    const coming = Buffer.from('not here yet');
    for (const layer of [here, coming]) expect(await putAsOther(name, foreign(imageOf(layer)))).toBe(201);
    await pushBlob(registry, name, coming);
    for (const layer of [here, coming]) expect(await statusForReader(name, digestOf(layer))).toBe(403);
    expect(await putAsOther(name, foreign(imageOf(here)))).toBe(201);
    expect(await statusForReader(name, digest)).toBe(403);
    await uploadAsOther(name, here);
    expect(await statusForReader(name, digest)).toBe(200);
  });

  it('opens it once somebody who may open it pushes the same manifest', async () => {
    const name = await repository('named/again');
    const layer = Buffer.from('pushed again');
    const digest = await pushBlob(registry, name, layer);
    const image = foreign(imageOf(layer));
    expect(await putAsOther(name, image)).toBe(201);
    expect(await statusForReader(name, digest)).toBe(403);
    expect((await putManifest(registry, `/v2/${name}/manifests/v1`, image)).status).toBe(201);
    expect(await statusForReader(name, digest)).toBe(200);
  });
});

describe('a manifest that names what an open one names too', () => {
  it('needs nothing brought, and keeps it open when the other goes', async () => {
    const name = await repository('named/shared');
    const { digest, layer, manifest } = await pushImage(registry, name, { tag: 'v1', text: 'shared' });
    await pushConfig(registry, name);
    expect(await putAsOther(name, Buffer.concat([manifest, Buffer.from('\n')]))).toBe(201);
    const access = { [name]: ['delete'] };
    expect((await registry.ask('DELETE', `/v2/${name}/manifests/${digest}`, { access })).status).toBe(202);
    expect(await statusForReader(name, layer)).toBe(200);
    expect((await registry.ask('HEAD', `/v2/${name}/blobs/${layer}`, pullFrom(name))).status).toBe(200);
  });
});

describe('a manifest that may be sparse', () => {
  it('opens what is missing once its pusher brings it, and not what others bring', async () => {
    const settings = { BERTH_SPARSE_MANIFESTS: 'on' } as const;
    const sparse = await TestRegistry.start(place, { instance: 'registry-2', settings });
    const name = await repository('named/sparse');
    const [own, others] = [Buffer.from('its own'), Buffer.from('of others')];
    for (const layer of [own, others]) {
      const init = { body: imageOf(layer), headers: { 'content-type': imageType } };
      const path = `/v2/${name}/manifests/${digestOf(imageOf(layer))}`;
      expect((await sparse.ask('PUT', path, { ...asOther(name), ...init })).status).toBe(201);
    }
    await sparse.stop();
    await uploadAsOther(name, own);
    await pushBlob(registry, name, others);
    expect(await statusForReader(name, digestOf(own))).toBe(200);
    expect(await statusForReader(name, digestOf(others))).toBe(403);
    expect((await putManifest(registry, `/v2/${name}/manifests/v1`, imageOf(others))).status).toBe(201);
    expect(await statusForReader(name, digestOf(others))).toBe(200);
  });
});
