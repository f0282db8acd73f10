import { createHash } from 'node:crypto';

const repository = 'bench/firmware';
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const basic = (name, password) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

async function ask(url, init, status) {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${url} answered ${answer.status} instead of ${status}: ${text}`);
  return text === '' ? null : JSON.parse(text);
}

const smallBytes = 4096;
const largeBytes = 10 * 1024 * 1024;

/**
 * Pushes an image with a 4 KiB and a 10 MiB layer, makes a token that may pull it, and names the requests to measure.
 * Where blobs lie in S3, their pulls are measured as what they are there: redirects.
 */
export async function prepare({ endpoints, password }) {
  const { origin, registry, identity } = endpoints;
  const loginServer = new URL(origin).host;
  const tokenUrl = `${identity}/oauth2/token?service=${loginServer}&scope=repository:${repository}:`;
  const admin = { authorization: basic('admin', password), 'content-type': 'application/json' };
  const manage = (method, path, body, status) =>
    ask(`${origin}/api/v1/registries/local${path}`, { method, headers: admin, body: JSON.stringify(body) }, status);

  const { token: pushToken } = await ask(`${tokenUrl}pull,push`, { headers: admin }, 200);
  const [small, large] = await pushManifest(registry, pushToken, [
    Buffer.alloc(smallBytes, 'b'),
    Buffer.alloc(largeBytes, 'B'),
  ]);

  const name = `bench-${Date.now()}`;
  await manage('PUT', `/scope-maps/${name}`, { actions: [`repositories/${repository}/content/read`] }, 201);
  await manage('PUT', `/tokens/${name}`, { scopeMap: name }, 201);
  const generated = await manage('POST', `/tokens/${name}/passwords`, { slot: 1 }, 201);
  const device = { authorization: basic(name, generated.password) };
  const { token } = await ask(`${tokenUrl}pull`, { headers: device }, 200);
  const bearer = { authorization: `Bearer ${token}`, accept: mediaType };
  const tokenIssue = {
    work: 'token issue, credential in memory',
    service: 'identity',
    url: `${tokenUrl}pull`,
    headers: device,
  };
  return [tokenIssue, ...(await pullsOf(`${registry}/v2/${repository}`, { small, large, headers: bearer }))];
}

async function pullsOf(root, { small, large, headers }) {
  const pull = { service: 'registry', headers };
  const manifest = `${root}/manifests/v1`;
  const blob = (digest) => `${root}/blobs/${digest}`;
  const isRedirected = (await fetch(blob(small), { headers, redirect: 'manual' })).status === 307;
  const ofBlobs = isRedirected
    ? [{ ...pull, work: 'blob, 307 redirect to S3', url: blob(small) }]
    : [
        { ...pull, work: 'blob 4 KiB', url: blob(small) },
        { ...pull, work: 'blob 10 MiB, hot', url: blob(large) },
      ];
  return [
    { ...pull, work: 'manifest by tag', url: manifest },
    { ...pull, work: 'manifest by tag, HEAD', url: manifest, method: 'HEAD' },
    ...ofBlobs,
  ];
}

/** The digests of the layers. */
async function pushManifest(registry, token, layers) {
  const headers = { authorization: `Bearer ${token}` };
  const put = (bytes) =>
    ask(
      `${registry}/v2/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`,
      { method: 'POST', headers, body: bytes },
      201,
    );
  const config = Buffer.from(
    JSON.stringify({ architecture: 'arm64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }),
  );
  for (const bytes of [...layers, config]) await put(bytes);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: layers.map((layer) => ({ mediaType: layerType, digest: digestOf(layer), size: layer.length })),
  });
  const headersOfManifest = { ...headers, 'content-type': mediaType };
  await ask(
    `${registry}/v2/${repository}/manifests/v1`,
    { method: 'PUT', headers: headersOfManifest, body: manifest },
    201,
  );
  return layers.map(digestOf);
}
