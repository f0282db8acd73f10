import { digestOf, type Digest } from '@berth/oci';
import { expect } from 'vitest';
import type { TestRegistry } from './registry.suite.js';

export const imageType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';

const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');

/** What a repository name and the actions push and pull open. */
export const pushTo = (...names: readonly string[]) => ({
  access: Object.fromEntries(names.map((name) => [name, ['pull', 'push']])),
});
export const pullFrom = (name: string) => ({ access: { [name]: ['pull'] } });

/** Pushes a blob in one request. */
export async function pushBlob(registry: TestRegistry, name: string, bytes: Buffer): Promise<Digest> {
  const digest = digestOf(bytes);
  const path = `/v2/${name}/blobs/uploads/?digest=${digest}`;
  const answer = await registry.ask('POST', path, { ...pushTo(name), body: bytes });
  expect(answer.status).toBe(201);
  return digest;
}

/** Bytes of an image manifest with one layer, which must be pushed beside {@link pushConfig}. */
export function imageOf(layer: Buffer): Buffer {
  const describe = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: imageType,
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: [describe('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
}

/** Pushes the config that {@link imageOf} refers to. */
export async function pushConfig(registry: TestRegistry, name: string): Promise<void> {
  await pushBlob(registry, name, config);
}

export async function putManifest(
  registry: TestRegistry,
  path: string,
  bytes: Buffer,
  contentType: string | null = imageType,
): Promise<Response> {
  const name = /^\/v2\/(.+)\/manifests\//.exec(path)?.[1] ?? '';
  const headers: Record<string, string> = contentType === null ? {} : { 'content-type': contentType };
  return registry.ask('PUT', path, { ...pushTo(name), body: bytes, headers });
}

/** Pushes a whole image under a tag; its layer holds the text. */
export async function pushImage(
  registry: TestRegistry,
  name: string,
  { tag, text }: { tag: string; text: string },
): Promise<{ manifest: Buffer; digest: Digest; layer: Digest }> {
  const bytes = Buffer.from(text);
  await pushConfig(registry, name);
  const layer = await pushBlob(registry, name, bytes);
  const manifest = imageOf(bytes);
  const answer = await putManifest(registry, `/v2/${name}/manifests/${tag}`, manifest);
  expect(answer.status).toBe(201);
  return { manifest, digest: digestOf(manifest), layer };
}

/** The code of an error answer. */
export async function codeOf(answer: Response): Promise<string> {
  const { errors } = (await answer.json()) as { errors: { code: string }[] };
  return errors[0]?.code ?? '';
}
