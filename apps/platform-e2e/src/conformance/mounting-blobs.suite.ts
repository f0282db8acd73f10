import type { OciAnswer, OciRepository } from '@berth/testing';
import { describe, it } from 'vitest';
import { algorithms, digestOf, expectStatus, headerOf, type Registry, uniqueBytes } from './conformance.suite.js';
import { pushBlob, withQuery } from './content.suite.js';
import { expectBlobAt } from './pushing-blobs.suite.js';

const pushTo = ({ name }: OciRepository) => `repository:${name}:pull,push`;
const pullFrom = ({ name }: OciRepository) => `repository:${name}:pull`;

interface Mount {
  readonly into: OciRepository;
  readonly from: OciRepository;
  readonly digest: string;
}

/** As docker does it: with a token for both repositories, which it asks for before. */
function mountWithBoth({ into, from, digest }: Mount): Promise<OciAnswer> {
  const path = `/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from.name)}`;
  return into.sendFor([pushTo(into), pullFrom(from)], 'POST', path);
}

/** That nothing was mounted, and that the upload which was started instead takes the blob. */
async function expectUpload(into: OciRepository, answer: OciAnswer, bytes: Buffer, digest: string): Promise<void> {
  expectStatus(answer, 202);
  expectStatus(await into.send('HEAD', `/blobs/${digest}`), 404);
  const location = withQuery(headerOf(answer, 'location'), `digest=${digest}`);
  await expectBlobAt(into, await into.send('PUT', location, { body: bytes }), { digest, bytes });
}

export function mountingBlobs(registry: Registry): void {
  describe.each(algorithms)('OCI 1.1 Mounting a blob from another repository, %s', (algorithm) => {
    const prepare = async (): Promise<Mount & { bytes: Buffer }> => {
      const [into, from] = [registry().repository(), registry().repository()];
      const bytes = uniqueBytes();
      return { into, from, bytes, digest: await pushBlob(from, bytes, algorithm) };
    };

    it('answers 201 and leads to the blob, without any byte being sent', async () => {
      const mount = await prepare();
      await expectBlobAt(mount.into, await mountWithBoth(mount), mount);
    });

    it('names both repositories in the challenge to a token of one, which then mounts without a named source too', async () => {
      const { into, from, digest, bytes } = await prepare();
      await pushBlob(into);
      const path = `/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from.name)}`;
      await expectBlobAt(into, await into.send('POST', path), { digest, bytes });
      const next = uniqueBytes();
      const nextDigest = await pushBlob(from, next, algorithm);
      const answer = await into.send('POST', `/blobs/uploads/?mount=${nextDigest}`);
      await expectBlobAt(into, answer, { digest: nextDigest, bytes: next });
    });

    it('leaves the source as it is when the mounted blob is deleted', async () => {
      const mount = await prepare();
      expectStatus(await mountWithBoth(mount), 201);
      expectStatus(await mount.into.send('DELETE', `/blobs/${mount.digest}`), 202);
      expectStatus(await mount.into.send('HEAD', `/blobs/${mount.digest}`), 404);
      expectStatus(await mount.from.send('HEAD', `/blobs/${mount.digest}`), 200);
    });

    it('keeps the mounted blob when the source is deleted', async () => {
      const mount = await prepare();
      expectStatus(await mountWithBoth(mount), 201);
      expectStatus(await mount.from.send('DELETE', `/blobs/${mount.digest}`), 202);
      expectStatus(await mount.from.send('HEAD', `/blobs/${mount.digest}`), 404);
      expectStatus(await mount.into.send('HEAD', `/blobs/${mount.digest}`), 200);
    });

    it('starts an upload when the source does not have the blob', async () => {
      const { into, from } = await prepare();
      const bytes = uniqueBytes();
      const digest = digestOf(bytes, algorithm);
      await expectUpload(into, await mountWithBoth({ into, from, digest }), bytes, digest);
    });

    it('mounts without a named source what the token can read, or starts an upload', async () => {
      const { into, from, digest, bytes } = await prepare();
      const path = `/blobs/uploads/?mount=${digest}`;
      const answer = await into.sendFor([pushTo(into), pullFrom(from)], 'POST', path);
      if (answer.status === 201) await expectBlobAt(into, answer, { digest, bytes });
      else await expectUpload(into, answer, bytes, digest);
    });
  });

  describe('OCI 1.1 Mounting a blob from another repository', () => {
    it('D3 starts an upload when the caller may not read the source, as when the source does not exist', async () => {
      const secret = registry().repository();
      const bytes = uniqueBytes();
      const digest = await pushBlob(secret, bytes);
      const name = registry().repository().name;
      const lines = ['content/read', 'content/write'].map((action) => `repositories/${name}/${action}`);
      const into = await registry().repositoryWith(name, lines);
      for (const from of [secret.name, registry().repository().name]) {
        const scopes = [`repository:${name}:pull,push`, `repository:${from}:pull`];
        const answer = await into.sendFor(scopes, 'POST', `/blobs/uploads/?mount=${digest}&from=${from}`);
        expectStatus(answer, 202);
        expectStatus(await into.send('HEAD', `/blobs/${digest}`), 404);
      }
    });

    it('D4 starts an upload when nothing that the caller can read has it', async () => {
      const digest = await pushBlob(registry().repository());
      const name = registry().repository().name;
      const lines = ['content/read', 'content/write'].map((action) => `repositories/${name}/${action}`);
      const into = await registry().repositoryWith(name, lines);
      const answer = await into.sendFor([`repository:${name}:pull,push`], 'POST', `/blobs/uploads/?mount=${digest}`);
      expectStatus(answer, 202);
    });
  });
}
