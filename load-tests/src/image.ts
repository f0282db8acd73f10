import crypto from 'k6/crypto';
import http, { type RefinedParams, type ResponseType } from 'k6/http';
import { basic } from './management.ts';

/** What every device pulls; a digest is `sha256:<hex>`. */
export interface PushedImage {
  readonly repository: string;
  readonly tag: string;
  readonly manifestDigest: string;
  readonly blobDigest: string;
}

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (text: string) => `sha256:${crypto.sha256(text, 'hex')}`;

/** Pushes an image with one 4 KiB layer as admin. */
export function pushImage(registry: string, adminPassword: string, loginServer: string): PushedImage {
  const repository = 'fleet/firmware';
  const token = accessToken(registry, { loginServer, repository, authorization: basic('admin', adminPassword) });
  const params = {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
    tags: { name: 'push' },
  };
  const layer = 'f'.repeat(4096);
  const config = JSON.stringify({
    architecture: 'arm64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  for (const bytes of [layer, config]) {
    const url = `${registry}/v2/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`;
    expectCreated(http.post(url, bytes, params));
  }
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length }],
  });
  const put: RefinedParams<ResponseType> = { ...params, headers: { ...params.headers, 'content-type': mediaType } };
  expectCreated(http.put(`${registry}/v2/${repository}/manifests/v1`, manifest, put));
  return { repository, tag: 'v1', manifestDigest: digestOf(manifest), blobDigest: digestOf(layer) };
}

function accessToken(
  registry: string,
  ask: { loginServer: string; repository: string; authorization: string },
): string {
  const challenge = http.get(`${registry}/v2/`, {
    tags: { name: 'push' },
    responseCallback: http.expectedStatuses(401),
  });
  const realm = /realm="([^"]+)"/.exec(challenge.headers['Www-Authenticate'] ?? '')?.[1] ?? '';
  const query = `service=${ask.loginServer}&scope=repository:${ask.repository}:pull,push`;
  const answer = http.get(`${realm}?${query}`, {
    headers: { authorization: ask.authorization },
    tags: { name: 'push' },
  });
  return String(answer.json('token'));
}

function expectCreated({ status, url, body }: { status: number; url: string; body: unknown }): void {
  if (status !== 201) throw new Error(`${url} answered ${status}: ${String(body)}`);
}
