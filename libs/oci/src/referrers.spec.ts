import { describe, expect, it } from 'vitest';
import { digestOf } from './digester.js';
import { manifestMediaTypes } from './media-types.js';
import { referrerDescriptor, referrersIndex } from './referrers.js';
import type { ReferrerDescriptor } from './referrers.js';

const { ociManifest, ociIndex } = manifestMediaTypes;
const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 };

function describeDocument(document: object, mediaType: string = ociManifest): ReferrerDescriptor {
  const content = Buffer.from(JSON.stringify(document));
  return referrerDescriptor({ mediaType, digest: digestOf(content), sizeBytes: content.length, content });
}

describe('referrerDescriptor', () => {
  it('OCI 1.1 Listing Referrers: has the type, digest and size of the manifest, its artifact type and all annotations', () => {
    const annotations = { 'org.example.a': 'ü', b: '' };
    const document = { schemaVersion: 2, artifactType: 'application/x', config, annotations };
    const content = Buffer.from(JSON.stringify(document));
    expect(describeDocument(document)).toEqual({
      mediaType: ociManifest,
      digest: digestOf(content),
      size: content.length,
      artifactType: 'application/x',
      annotations,
    });
  });

  it('OCI 1.1 Listing Referrers: takes the config for the artifact type of an image without one', () => {
    for (const artifactType of [undefined, null, '']) {
      expect(describeDocument({ artifactType, config }).artifactType).toBe(config.mediaType);
    }
  });

  it('OCI 1.1 Listing Referrers: leaves out what the manifest has not', () => {
    expect(Object.keys(describeDocument({ manifests: [], annotations: null }, ociIndex))).toEqual([
      'mediaType',
      'digest',
      'size',
    ]);
    expect(describeDocument({ manifests: [], artifactType: 'application/x' }, ociIndex)).toMatchObject({
      mediaType: ociIndex,
      artifactType: 'application/x',
    });
  });
});

describe('referrersIndex', () => {
  it('OCI 1.1 Listing Referrers: is an image index, an empty one too, in bytes that no server adds a charset to', () => {
    const referrer = describeDocument({ config });
    for (const manifests of [[], [referrer]]) {
      const { mediaType, document } = referrersIndex(manifests);
      expect(mediaType).toBe(ociIndex);
      expect(document).toBeInstanceOf(Buffer);
      expect(JSON.parse(document.toString('utf8'))).toEqual({ schemaVersion: 2, mediaType: ociIndex, manifests });
    }
  });
});
