import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClientHome,
  OciRepository,
  sharedPlatform,
  writeOciLayout,
  type Login,
  type OciAnswer,
  type SampleImage,
  type SampleIndex,
  type ReachablePlatform,
} from '@berth/testing';
import { expect } from 'vitest';

const actions = ['content/read', 'content/write', 'content/delete', 'metadata/read', 'metadata/write'];

/** A registry and somebody who is logged in to it with a token of a scope map that opens `clients/*`. */
export class RegistryOfClients {
  private constructor(
    readonly berth: ReachablePlatform,
    readonly login: Login,
    readonly home: ClientHome,
  ) {}

  static async start(): Promise<RegistryOfClients> {
    const berth = sharedPlatform();
    const lines = actions.map((action) => `repositories/clients/*/${action}`);
    const login = await berth.management.createToken('clients', lines);
    const folder = await mkdtemp(join(tmpdir(), 'berth-client-'));
    const { loginServer } = berth;
    return new RegistryOfClients(berth, login, await ClientHome.create(folder, { loginServer, login }));
  }

  async stop(): Promise<void> {
    await rm(this.home.folder, { recursive: true, force: true });
  }

  /** `localhost:<port>/clients/<name>`, with `:v1` or `@sha256:...` behind it if need be. */
  at(name: string): string {
    return `${this.berth.loginServer}/clients/${name}`;
  }

  /** Reads past every client, as the token. */
  get(name: string, path: string): Promise<OciAnswer> {
    return new OciRepository(this.berth.origin, `clients/${name}`, this.login).send('GET', path);
  }

  /** Writes an image layout for a client to push; its folder. */
  async layout(image: SampleImage, name: string): Promise<string> {
    const folder = this.home.path(name);
    await writeOciLayout(folder, image, 'v1');
    return folder;
  }

  /** That the manifest of a tag or digest is the image's, byte by byte. */
  async expectStored(name: string, reference: string, image: SampleImage): Promise<void> {
    const stored = await this.get(name, `/manifests/${reference}`);
    expect(stored.status).toBe(200);
    expect(stored.headers.get('content-type')).toBe(image.mediaType);
    expect(stored.bytes.equals(image.manifest)).toBe(true);
  }

  /** That an index is there by `reference`, with the manifests and blobs of its images, byte by byte. */
  async expectIndexStored(name: string, reference: string, index: SampleIndex): Promise<void> {
    await this.expectStored(name, reference, index);
    for (const image of index.images) {
      await this.expectStored(name, image.manifestDigest, image);
      for (const { digest, bytes } of image.blobs) {
        expect((await this.get(name, `/blobs/${digest}`)).bytes.equals(bytes), digest).toBe(true);
      }
    }
  }
}

/** That an image layout which a client wrote holds everything that the image does, byte by byte. */
export async function expectPulled(folder: string, image: SampleImage): Promise<void> {
  const all = [...image.blobs, { digest: image.manifestDigest, bytes: image.manifest }];
  for (const { digest, bytes } of all) {
    const pulled = await readFile(join(folder, 'blobs', digest.replace(':', '/')));
    expect(pulled.equals(bytes), digest).toBe(true);
  }
}

/** How a group of tests comes to the registry: it is started before the first of them. */
export type Registry = () => RegistryOfClients;
