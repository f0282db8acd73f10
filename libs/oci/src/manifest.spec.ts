import { describe, expect, it } from 'vitest';
import { digestOf } from './digester.js';
import { maxManifestBytes, parseManifest, referrerArtifactTypeOf } from './manifest.js';
import type { Manifest } from './manifest.js';
import { isMediaType, manifestMediaTypes } from './media-types.js';

const { ociManifest, ociIndex, dockerManifest, dockerManifestList } = manifestMediaTypes;
const digest = `sha256:${'a'.repeat(64)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 10 };
const child = { mediaType: ociManifest, digest, size: 400, platform: { os: 'linux', architecture: 'amd64' } };
const untyped = { schemaVersion: 2, config, layers: [layer] };
const image = { ...untyped, mediaType: ociManifest };
const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [child] };

function parseText(text: string, contentType: string | null = ociManifest): Manifest {
  return parseManifest({ bytes: Buffer.from(text), contentType });
}

function parse(document: unknown, contentType: string | null = ociManifest): Manifest {
  return parseText(JSON.stringify(document), contentType);
}

function malformed(reason: string): unknown {
  const message = expect.stringContaining(reason);
  return expect.objectContaining({ kind: 'malformed', code: 'MANIFEST_INVALID', message });
}

describe('parseManifest accepts', () => {
  it('an image', () => {
    const bare = { digest, urls: [] };

    expect(parse({ ...image, annotations: { a: 'b' }, 'org.example': 1 })).toEqual({
      mediaType: ociManifest,
      shape: 'image',
      config: { ...bare, mediaType: config.mediaType, sizeBytes: 2 },
      layers: [{ ...bare, mediaType: layer.mediaType, sizeBytes: 10 }],
      manifests: [],
      subject: null,
      artifactType: null,
      annotations: { a: 'b' },
    });
  });

  it('an index, an empty one too', () => {
    expect(parse(index, ociIndex)).toMatchObject({ shape: 'index', config: null, layers: [], manifests: [{ digest }] });
    expect(parse({ ...index, manifests: [] }, ociIndex).manifests).toEqual([]);
  });

  it('an artifact with a subject, which a list of referrers shows by its type', () => {
    const artifact = parse({ ...image, artifactType: 'application/x', subject: child });

    expect(artifact).toMatchObject({ artifactType: 'application/x', subject: { digest, sizeBytes: 400 } });
    expect(referrerArtifactTypeOf(artifact)).toBe('application/x');
    expect(referrerArtifactTypeOf(parse(image))).toBe(config.mediaType);
    expect(referrerArtifactTypeOf(parse(index, ociIndex))).toBeNull();
  });

  it("Docker's manifest and list, which have no subject", () => {
    const docker = { ...image, mediaType: dockerManifest, subject: 'anything' };

    expect(parse(docker, dockerManifest)).toMatchObject({ shape: 'image', subject: null });
    expect(parse({ ...index, mediaType: dockerManifestList }, dockerManifestList).shape).toBe('index');
  });

  it('F4 a content type with parameters, or only one of the two types', () => {
    expect(parse(image, `${ociManifest}; charset=utf-8`).mediaType).toBe(ociManifest);
    expect(parse(untyped).mediaType).toBe(ociManifest);
    expect(parse(image, null).mediaType).toBe(ociManifest);
  });

  it('optional members that are null, and no layers', () => {
    const document = { ...image, layers: [], subject: null, artifactType: '', annotations: null };

    expect(parse(document)).toMatchObject({ layers: [], subject: null, artifactType: null, annotations: {} });
  });

  it('F1 exactly 4 MiB', () => {
    const text = JSON.stringify(image);

    expect(parseText(text + ' '.repeat(maxManifestBytes - text.length)).shape).toBe('image');
  });

  it('embedded data that is what its digest says', () => {
    const data = Buffer.from('{}');
    const embedded = { ...config, digest: digestOf(data, 'sha512'), data: data.toString('base64') };

    expect(parse({ ...image, config: embedded }).config?.digest).toMatch(/^sha512:/);
  });

  it('addresses on a non-distributable layer', () => {
    const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
    const urls = ['https://store.example.com/blobs/x'];

    expect(parse({ ...image, layers: [{ ...layer, mediaType, urls }] }).layers[0]?.urls).toEqual(urls);
  });

  it('the same annotation name in two cases, and equal names in different objects', () => {
    expect(parse({ ...image, annotations: { Layers: 'a', layers: 'b' } }).annotations).toEqual({
      Layers: 'a',
      layers: 'b',
    });
  });
});

describe('parseManifest refuses', () => {
  it('F1 4 MiB and one byte as too large', () => {
    const bytes = Buffer.alloc(maxManifestBytes + 1, ' ');

    expect(() => parseManifest({ bytes, contentType: ociManifest })).toThrow(
      expect.objectContaining({ kind: 'too-large', code: 'MANIFEST_INVALID' }),
    );
  });

  it('F2 a body of another type than its header', () => {
    expect(() => parse(image, ociIndex)).toThrow(malformed('differs from the Content-Type'));
    expect(() => parse({ ...image, mediaType: ociIndex })).toThrow(malformed('differs from the Content-Type'));
    expect(() => parse({ ...image, mediaType: '' })).toThrow(malformed('differs from the Content-Type'));
  });

  it.each<[string, object, string]>([
    ['layers and manifests', { ...image, manifests: [child] }, ociManifest],
    ['layers and manifests that are null', { ...image, manifests: null }, ociManifest],
    ['manifests and layers', { ...index, layers: [layer] }, ociIndex],
    ['manifests and config', { ...index, config }, ociIndex],
    ['schema 1 members', { ...image, fsLayers: [] }, ociManifest],
    ['blobs of an artifact manifest', { ...image, blobs: [] }, ociManifest],
  ])('F3 a document with %s', (_, document, type) => {
    expect(() => parse(document, type)).toThrow(malformed("can't have"));
  });

  it('F4 F20 what has no type, or one that is not stored', () => {
    expect(() => parse(untyped, null)).toThrow(malformed('neither'));
    expect(() => parse(untyped, 'application/json')).toThrow(malformed('not supported'));
    expect(() => parse(untyped, 'application/vnd.docker.distribution.manifest.v1+prettyjws')).toThrow(
      malformed('not supported'),
    );
    expect(() => parse({ ...untyped, schemaVersion: 1 })).toThrow(malformed('schemaVersion'));
    expect(() => parse({ ...image, mediaType: 7 })).toThrow(malformed('mediaType is not a string'));
  });

  const text = JSON.stringify(image);
  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['a twice-given name', text.replace('{', '{"layers":[],')],
    ['a twice-given name in a descriptor', text.replace('"size":2', '"size":2,"size":3')],
    ['a twice-given name, once escaped', text.replace('{', '{"l\\u0061yers":[],')],
    ['a byte order mark', `\ufeff${text}`],
    ['trailing bytes', `${text}x`],
    ['a second document', text + text],
    ['100,000 open brackets', '['.repeat(100_000)],
    ['4 MiB of open brackets', '['.repeat(maxManifestBytes)],
    ['4 MiB of nested objects', '{"a":'.repeat(maxManifestBytes / 5)],
    ['too many members', `{${'"":0,'.repeat(60_000).replaceAll(/""/g, () => `"${Math.random()}"`)}"a":0}`],
    ['an unterminated string', '{"a'],
    ['4 MiB of backslashes', `{"${'\\'.repeat(maxManifestBytes - 2)}`],
    ['a bad escape in a name', '{"\\x":1}'],
    ['invalid UTF-8', Buffer.from(text.replace('{', '{"a":"\xff",'), 'latin1')],
  ])('F5 %s, in less than 50 ms of CPU time', (_, content) => {
    const bytes = Buffer.from(content);
    const before = process.threadCpuUsage();

    expect(() => parseManifest({ bytes, contentType: ociManifest })).toThrow(malformed('not valid JSON'));
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(50);
  });

  it.each(['[]', 'null', '"x"', '7'])('F5 the document %s', (content) => {
    expect(() => parseText(content)).toThrow(malformed('the document is not an object'));
  });

  it.each(['Layers', 'LAYERS', 'layerſ', 'SchemaVersion', 'Manifests', 'mediatype'])(
    'F5 %s instead of the right spelling',
    (name) => {
      expect(() => parse({ ...image, [name]: [] })).toThrow(malformed('instead of'));
    },
  );

  it.each<[string, object, string]>([
    ['no config', { ...image, config: undefined }, 'config is not an object'],
    ['no layers', { ...image, layers: undefined }, 'layers is not an array'],
    ['layers that are null', { ...image, layers: null }, 'layers is not an array'],
    ['a layer that is null', { ...image, layers: [null] }, 'layers[0] is not an object'],
    ['a layer in another spelling', { ...image, layers: [{ ...layer, Size: 1 }] }, 'layers[0] has "Size" instead'],
    ['no digest', { ...image, layers: [layer, { ...layer, digest: undefined }] }, 'layers[1].digest'],
    ['an upper-case digest', { ...image, config: { ...config, digest: digest.toUpperCase() } }, 'config.digest'],
    ['annotations that are no strings', { ...image, annotations: { a: 1 } }, 'annotations has a value'],
    ['annotations that are a list', { ...image, annotations: [] }, 'annotations is not an object'],
    ['a subject that is no descriptor', { ...image, subject: {} }, 'subject.mediaType'],
    ['an artifact type that is none', { ...image, artifactType: 'x' }, 'artifactType is not a media type'],
    ['F11 10,000 layers', { ...image, layers: Array(10_000).fill(layer) }, 'more than 1000'],
    ['F16 data of another digest', { ...image, config: { ...config, data: 'e30=' } }, 'config.data is not what'],
    ['F16 data that is no string', { ...image, config: { ...config, data: 1 } }, 'config.data is not a string'],
  ])('%s', (_, document, reason) => {
    expect(() => parse(document)).toThrow(malformed(reason));
  });

  it('F11 an index of 1,001 children', () => {
    expect(() => parse({ ...index, manifests: Array(1001).fill(child) }, ociIndex)).toThrow(malformed('more than'));
  });

  it.each(['-1', '9223372036854775808', '1.5', '"12"', '1e999', 'null', '[]'])('F9 the size %s', (size) => {
    expect(() => parseText(JSON.stringify(image).replace('"size":10', `"size":${size}`))).toThrow(
      malformed('layers[0].size'),
    );
  });

  it('F14 addresses on an ordinary layer', () => {
    const urls = ['http://169.254.169.254/'];

    expect(() => parse({ ...image, layers: [{ ...layer, urls }] })).toThrow(malformed('only allowed on'));
  });

  it.each([
    'http://store.example.com/',
    'https://169.254.169.254/',
    'https://0x7f000001/',
    'https://127.1/',
    'https://[::1]/',
    'https://localhost/',
    'https://user@store.example.com/',
    'file:///etc/passwd',
    '//store.example.com/',
    'x',
  ])('F14 the address %s even on a non-distributable layer', (url) => {
    const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';

    expect(() => parse({ ...image, layers: [{ ...layer, mediaType, urls: [url] }] })).toThrow(malformed('urls'));
  });

  it.each(['', 'text', 'a/b\r\nX: y', 'a/b"', `a/${'b'.repeat(10_000)}`, 'a/b;', 'a/b; c="d"', 'é/b', 7])(
    'F18 the media type %j',
    (mediaType) => {
      expect(() => parse({ ...image, layers: [{ ...layer, mediaType }] })).toThrow(malformed('layers[0].mediaType'));
    },
  );
});

describe('isMediaType', () => {
  it.each([
    'application/vnd.oci.image.layer.v1.tar+gzip',
    'application/vnd.dev.sigstore.bundle+json;version=0.3',
    'text/plain; charset=utf-8',
    'application/octet-stream',
  ])('accepts %s', (mediaType) => {
    expect(isMediaType(mediaType)).toBe(true);
  });
});
