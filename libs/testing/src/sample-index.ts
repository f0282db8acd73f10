import { digestOf } from '@berth/oci';
import { sampleImage, type SampleImage } from './docker-client.js';

/** An image index in the form of an image; `blobs` are all that it reaches, manifests too, as an image layout holds them. */
export interface SampleIndex extends SampleImage {
  readonly images: readonly SampleImage[];
}

const platforms = [
  { architecture: 'amd64', os: 'linux' },
  { architecture: 'arm64', os: 'linux' },
] as const;

/**
 * Makes an index of an image for amd64 and one for arm64; equal texts give equal digests.
 *
 * @source OCI image-spec 1.1, image-index
 */
export function sampleIndex(text: string): SampleIndex {
  const images = platforms.map(({ architecture }) => sampleImage(`${text} for ${architecture}`));
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const manifests = images.map((image, n) => ({
    mediaType: image.mediaType,
    digest: image.manifestDigest,
    size: image.manifest.length,
    platform: platforms[n],
  }));
  const manifest = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  const blobs = images.flatMap((image) => [...image.blobs, { digest: image.manifestDigest, bytes: image.manifest }]);
  return { manifest, manifestDigest: digestOf(manifest), mediaType, blobs, images };
}
