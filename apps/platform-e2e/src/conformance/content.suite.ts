import type { OciAnswer, OciRepository } from '@berth/testing';
import { type Algorithm, digestOf, expectStatus, headerOf, uniqueBytes } from './conformance.suite.js';

export const mediaTypes = {
  image: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  empty: 'application/vnd.oci.empty.v1+json',
  example: 'application/vnd.example.conformance.v1',
  otherExample: 'application/vnd.example.conformance.v2+json',
} as const;

/** A pointer as it stands in a manifest. */
export interface DescriptorJson {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [member: string]: unknown;
}

/** A manifest with what names it. */
export interface Pushable {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
  readonly descriptor: DescriptorJson;
}

export function describeBytes(mediaType: string, bytes: Buffer, algorithm: Algorithm = 'sha256'): DescriptorJson {
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length };
}

/** Bytes of a manifest, with its digest by the algorithm. */
export function manifestOf(document: object, algorithm: Algorithm = 'sha256'): Pushable {
  const { mediaType = mediaTypes.image } = document as { mediaType?: string };
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = digestOf(bytes, algorithm);
  return { mediaType, digest, bytes, descriptor: { mediaType, digest, size: bytes.length } };
}

/** A location with one more parameter, as the specification lets clients make it. */
export function withQuery(location: string, query: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}${query}`;
}

/** Starts an upload. @returns its location */
export async function startUpload(repository: OciRepository, query = ''): Promise<string> {
  const started = await repository.send('POST', `/blobs/uploads/${query}`);
  expectStatus(started, 202);
  return headerOf(started, 'location');
}

/** Pushes a blob by POST and PUT. */
export async function pushBlob(
  repository: OciRepository,
  bytes: Buffer = uniqueBytes(),
  algorithm: Algorithm = 'sha256',
): Promise<string> {
  const digest = digestOf(bytes, algorithm);
  const location = withQuery(await startUpload(repository), `digest=${digest}`);
  const headers = { 'content-type': 'application/octet-stream' };
  expectStatus(await repository.send('PUT', location, { headers, body: bytes }), 201);
  return digest;
}

/** What an image shall have beside one fresh layer and a config. */
export interface ImageParts {
  readonly algorithm?: Algorithm;
  readonly members?: object;
}

/** Pushes the blobs of a fresh image; the manifest is left to the test. */
export async function newImage(repository: OciRepository, parts: ImageParts = {}): Promise<Pushable> {
  const { algorithm = 'sha256', members = {} } = parts;
  const layer = uniqueBytes();
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }),
  );
  for (const bytes of [config, layer]) await pushBlob(repository, bytes, algorithm);
  const document = {
    ...{ schemaVersion: 2, mediaType: mediaTypes.image },
    config: describeBytes(mediaTypes.config, config, algorithm),
    layers: [describeBytes(mediaTypes.layer, layer, algorithm)],
    ...members,
  };
  return manifestOf(document, algorithm);
}

/** Pushes the blobs of a fresh artifact: the empty config and one blob of a type of its own. */
export async function newArtifact(repository: OciRepository, members: object = {}): Promise<Pushable> {
  const [config, content] = [Buffer.from('{}'), uniqueBytes()];
  for (const bytes of [config, content]) await pushBlob(repository, bytes);
  return manifestOf({
    ...{ schemaVersion: 2, mediaType: mediaTypes.image, artifactType: mediaTypes.example },
    config: describeBytes(mediaTypes.empty, config),
    layers: [describeBytes(mediaTypes.example, content)],
    ...members,
  });
}

export function indexOf(children: readonly DescriptorJson[], parts: ImageParts = {}): Pushable {
  const { algorithm = 'sha256', members = {} } = parts;
  const document = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: children, ...members };
  return manifestOf(document, algorithm);
}

/** PUT of a manifest; the answer as it came. */
export function putManifest(repository: OciRepository, reference: string, manifest: Pushable): Promise<OciAnswer> {
  const headers = { 'content-type': manifest.mediaType };
  return repository.send('PUT', `/manifests/${reference}`, { headers, body: manifest.bytes });
}

/** PUT of a manifest that must be taken. */
export async function pushManifest(repository: OciRepository, manifest: Pushable, tag?: string): Promise<void> {
  expectStatus(await putManifest(repository, tag ?? manifest.digest, manifest), 201);
}

/** GET or HEAD of a manifest with the types that clients accept. */
export function readManifest(repository: OciRepository, reference: string, method = 'GET'): Promise<OciAnswer> {
  const headers = { accept: `${mediaTypes.index}, ${mediaTypes.image}` };
  return repository.send(method, `/manifests/${reference}`, { headers });
}
