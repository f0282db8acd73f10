import type { OciAnswer, OciRepository } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { algorithms, expectStatus, jsonOf, type Registry } from './conformance.suite.js';
import { indexOf, newImage, pushManifest, putManifest, readManifest, type Pushable } from './content.suite.js';

function pushAs(repository: OciRepository, manifest: Pushable, tags: readonly string[]): Promise<OciAnswer> {
  const query = tags.map((tag) => `tag=${encodeURIComponent(tag)}`).join('&');
  return putManifest(repository, `${manifest.digest}?${query}`, manifest);
}

/** The tags that an answer says it set: a list field, so several lines are the same as one with commas. */
function tagsSaid({ headers }: OciAnswer): readonly string[] {
  return (headers.get('oci-tag') ?? '').split(',').map((tag) => tag.trim());
}

async function tagsOf(repository: OciRepository): Promise<readonly string[]> {
  const answer = await repository.send('GET', '/tags/list');
  return answer.status === 404 ? [] : jsonOf<{ tags: string[] }>(answer).tags;
}

export function pushingWithTags(registry: Registry): void {
  describe.each(algorithms)('OCI dev Pushing Manifests with tags, %s', (algorithm) => {
    it('gives an image and an index each tag that is named, and says which', async () => {
      const repository = registry().repository();
      const image = await newImage(repository, { algorithm });
      const index = indexOf([image.descriptor], { algorithm });
      for (const [manifest, tags] of [
        [image, ['image']],
        [index, ['index', '1.2.3', '1.2']],
      ] as const) {
        const answer = await pushAs(repository, manifest, tags);
        expectStatus(answer, 201);
        expect(answer.headers.get('docker-content-digest')).toBe(manifest.digest);
        expect(tagsSaid(answer)).toEqual(tags);
        for (const reference of [...tags, manifest.digest]) {
          const pulled = await readManifest(repository, reference);
          expectStatus(pulled, 200);
          expect(pulled.headers.get('docker-content-digest')).toBe(manifest.digest);
          expect(pulled.bytes.equals(manifest.bytes)).toBe(true);
          const head = await readManifest(repository, reference, 'HEAD');
          expect(head.headers.get('docker-content-digest')).toBe(manifest.digest);
        }
      }
      expect(await tagsOf(repository)).toEqual(['1.2', '1.2.3', 'image', 'index']);
    });
  });

  describe('OCI dev Pushing Manifests with tags', () => {
    it('F19 takes 10 tags at once, and answers 414 to more without setting any', async () => {
      const repository = registry().repository();
      const image = await newImage(repository);
      const names = (count: number) => Array.from({ length: count }, (_, at) => `tag-${at}`);
      for (const count of [11, 1000]) {
        expectStatus(await pushAs(repository, image, names(count)), 414);
        expectStatus(await readManifest(repository, image.digest, 'HEAD'), 404);
      }
      expect(tagsSaid(await pushAs(repository, image, names(10)))).toEqual(names(10));
      expect(await tagsOf(repository)).toEqual(names(10));
    });

    it('moves a tag that named another manifest', async () => {
      const repository = registry().repository();
      const [before, after] = [await newImage(repository), await newImage(repository)];
      await pushManifest(repository, before, 'moving');
      expectStatus(await pushAs(repository, after, ['moving', 'new']), 201);
      expect((await readManifest(repository, 'moving')).bytes.equals(after.bytes)).toBe(true);
    });

    it('says which subject it understood, beside the tags', async () => {
      const repository = registry().repository();
      const subject = await newImage(repository);
      const image = await newImage(repository, { members: { subject: subject.descriptor } });
      const answer = await pushAs(repository, image, ['signature']);
      expect([answer.headers.get('oci-subject'), tagsSaid(answer)]).toEqual([subject.digest, ['signature']]);
    });

    it('refuses all of them for one that is no tag', async () => {
      const repository = registry().repository();
      const image = await newImage(repository);
      for (const bad of ['', '.x', 'a/b', 'x'.repeat(129), 'a\r\nOCI-Tag: b']) {
        expectStatus(await pushAs(repository, image, ['good', bad]), 400);
      }
      expect(await tagsOf(repository)).toEqual([]);
    });

    it('says nothing of tags when none is named', async () => {
      const repository = registry().repository();
      const image = await newImage(repository);
      for (const reference of [image.digest, 'v1']) {
        expect((await putManifest(repository, reference, image)).headers.get('oci-tag')).toBeNull();
      }
    });
  });
}
