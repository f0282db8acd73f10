import { errorMessage } from '@berth/errors';
import { readDescriptor } from './descriptor.js';
import type { Descriptor } from './descriptor.js';
import { invalidManifest, readAnnotations, readArray, readMediaType, readObject } from './manifest-document.js';
import type { JsonObject } from './manifest-document.js';
import { isManifestMediaType, manifestMediaTypes } from './media-types.js';
import type { ManifestMediaType } from './media-types.js';
import { ociError } from './oci-error.js';
import { parseStrictJson } from './strict-json.js';

/** Largest manifest, in bytes. @source OCI distribution-spec 1.1 "Pushing Manifests" (at least 4 MiB) */
export const maxManifestBytes = 4 * 1024 * 1024;

/** Most layers of an image, and most children of an index. */
const maxEntries = 1_000;

/** What Berth needs to know of a stored manifest; the bytes stay as they were pushed. */
export interface Manifest {
  readonly mediaType: ManifestMediaType;
  /** Whether it describes one image (or artifact), or lists others. */
  readonly shape: 'image' | 'index';
  /** null exactly for an index. */
  readonly config: Descriptor | null;
  readonly layers: readonly Descriptor[];
  /** Children; empty for an image and for an empty index. */
  readonly manifests: readonly Descriptor[];
  /** What this manifest refers to (a signature's image); need not exist. Always null for Docker's media types. */
  readonly subject: Descriptor | null;
  /** As the document says; {@link referrerArtifactTypeOf} is what a list of referrers says. */
  readonly artifactType: string | null;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What {@link parseManifest} reads. */
export interface ManifestBytes {
  /** The body exactly as sent. */
  readonly bytes: Uint8Array;
  /** The `Content-Type` header; its parameters are ignored. null = not sent. */
  readonly contentType: string | null;
}

const known = [
  ...['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'subject', 'artifactType', 'annotations'],
  ...['fsLayers', 'blobs'],
];

/**
 * Reads and checks a manifest so that every client reads it alike. Accepts OCI manifest and index, Docker schema 2 and
 * manifest list; at most 4 MiB, 1,000 layers, 1,000 children. Whether what it points to exists is not looked at.
 *
 * @throws AppError MANIFEST_INVALID: 'too-large' over 4 MiB, else 'malformed' with what is wrong; nothing else
 * @source OCI image-spec 1.1 "Image Manifest", "Image Index"; CVE-2021-41190 for the refusal of ambiguous documents
 */
export function parseManifest({ bytes, contentType }: ManifestBytes): Manifest {
  if (bytes.length > maxManifestBytes) {
    const message = `manifest invalid: larger than ${maxManifestBytes} bytes`;
    throw ociError({ code: 'MANIFEST_INVALID', kind: 'too-large', message });
  }
  const document = readObject(parseJson(bytes), 'the document', known);
  const mediaType = readManifestType(document['mediaType'], contentType);
  if (document['schemaVersion'] !== 2) throw invalidManifest('schemaVersion is not 2');
  return isIndexType(mediaType) ? readIndex(document, mediaType) : readImage(document, mediaType);
}

/** What a list of referrers says about a manifest. @source OCI distribution-spec 1.1 "Listing Referrers" */
export function referrerArtifactTypeOf(manifest: Manifest): string | null {
  return manifest.artifactType ?? manifest.config?.mediaType ?? null;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes);
  } catch (cause) {
    throw invalidManifest(`not valid JSON (${errorMessage(cause).slice(0, 200)})`, cause);
  }
}

function readManifestType(inBody: unknown, contentType: string | null): ManifestMediaType {
  const inHeader = contentType?.split(';', 1)[0]?.trim() || null;
  if (inBody !== undefined && typeof inBody !== 'string') throw invalidManifest('mediaType is not a string');
  if (inHeader !== null && inBody !== undefined && inHeader !== inBody) {
    throw invalidManifest('mediaType differs from the Content-Type header');
  }
  const mediaType = inHeader ?? inBody;
  if (mediaType === undefined) throw invalidManifest('neither Content-Type nor mediaType says what it is');
  if (!isManifestMediaType(mediaType)) throw invalidManifest('this media type is not supported');
  return mediaType;
}

function isIndexType(mediaType: ManifestMediaType): boolean {
  return mediaType === manifestMediaTypes.ociIndex || mediaType === manifestMediaTypes.dockerManifestList;
}

function readImage(document: JsonObject, mediaType: ManifestMediaType): Manifest {
  refuseMembers(document, ['manifests', 'fsLayers', 'blobs'], 'an image manifest');
  return {
    mediaType,
    shape: 'image',
    config: readDescriptor(document['config'], 'config'),
    layers: readDescriptors(document['layers'], 'layers'),
    manifests: [],
    ...readCommon(document, mediaType),
  };
}

function readIndex(document: JsonObject, mediaType: ManifestMediaType): Manifest {
  refuseMembers(document, ['config', 'layers', 'fsLayers', 'blobs'], 'an index');
  return {
    mediaType,
    shape: 'index',
    config: null,
    layers: [],
    manifests: readDescriptors(document['manifests'], 'manifests'),
    ...readCommon(document, mediaType),
  };
}

/** Members that would make the document readable as another kind of manifest. */
function refuseMembers(document: JsonObject, names: readonly string[], what: string): void {
  const found = names.find((name) => Object.hasOwn(document, name));
  if (found !== undefined) throw invalidManifest(`${what} can't have "${found}"`);
}

function readDescriptors(value: unknown, where: string): readonly Descriptor[] {
  return readArray(value, where, maxEntries).map((entry, at) => readDescriptor(entry, `${where}[${at}]`));
}

function readCommon(
  document: JsonObject,
  mediaType: ManifestMediaType,
): Pick<Manifest, 'subject' | 'artifactType' | 'annotations'> {
  const { subject, artifactType, annotations } = document;
  const isOci = mediaType === manifestMediaTypes.ociManifest || mediaType === manifestMediaTypes.ociIndex;
  const isGiven = (value: unknown): boolean => isOci && value !== undefined && value !== null && value !== '';
  return {
    subject: isGiven(subject) ? readDescriptor(subject, 'subject') : null,
    artifactType: isGiven(artifactType) ? readMediaType(artifactType, 'artifactType') : null,
    annotations: readAnnotations(annotations, 'annotations'),
  };
}
