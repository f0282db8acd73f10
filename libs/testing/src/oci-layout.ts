import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SampleImage } from './docker-client.js';

/**
 * Writes an image as an OCI image layout, the folder from which skopeo (`oci:<dir>:<tag>`) and crane push.
 *
 * @source OCI image-spec 1.1, image-layout
 */
export async function writeOciLayout(dir: string, image: SampleImage, tag: string): Promise<void> {
  const blobs = join(dir, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const all = [...image.blobs, { digest: image.manifestDigest, bytes: image.manifest }];
  await Promise.all(all.map(({ digest, bytes }) => writeFile(join(blobs, digest.slice('sha256:'.length)), bytes)));
  await writeFile(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const manifest = {
    mediaType: image.mediaType,
    digest: image.manifestDigest,
    size: image.manifest.length,
    annotations: { 'org.opencontainers.image.ref.name': tag },
  };
  await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
}
