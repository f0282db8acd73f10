import type { OciAnswer, OciRepository } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { digestOf, expectStatus, jsonOf, type Registry, uniqueBytes } from './conformance.suite.js';
import {
  indexOf,
  mediaTypes,
  newArtifact,
  newImage,
  pushManifest,
  type DescriptorJson,
  type Pushable,
} from './content.suite.js';
import { nextOf } from './listing-tags.suite.js';

const annotations = { 'org.opencontainers.conformance': 'hello conformance test', 'org.example.ü': '"' };

/** Also that the answer is an image index, and nothing else. */
function referrersIn(answer: OciAnswer): readonly DescriptorJson[] {
  expectStatus(answer, 200);
  expect(answer.headers.get('content-type')).toBe(mediaTypes.index);
  const index = jsonOf<{ schemaVersion: number; mediaType: string; manifests: DescriptorJson[] }>(answer);
  expect(index).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: expect.any(Array) as [] });
  return index.manifests;
}

const listReferrers = async (repository: OciRepository, digest: string, query = '') =>
  referrersIn(await repository.send('GET', `/referrers/${digest}${query}`));

const digestsIn = (descriptors: readonly { digest: string }[]) => descriptors.map(({ digest }) => digest).sort();

/** An image, and manifests of every kind that refer to it. */
async function subjectWithReferrers(repository: OciRepository) {
  const subject = await newImage(repository);
  await pushManifest(repository, subject, 'image');
  const members = { subject: subject.descriptor };
  const otherType = { artifactType: mediaTypes.otherExample };
  const image = await newImage(repository, { members });
  const artifact = await newArtifact(repository, { ...members, annotations });
  const other = await newArtifact(repository, { ...members, ...otherType });
  const index = indexOf([artifact.descriptor], { members: { ...members, ...otherType, annotations } });
  const plainIndex = indexOf([], { members });
  const referrers = { image, artifact, other, index, plainIndex };
  for (const referrer of Object.values(referrers)) await pushManifest(repository, referrer);
  return { subject, referrers };
}

export function listingReferrers(registry: Registry): void {
  describe('OCI 1.1 Listing Referrers', () => {
    it('answers an empty index for a digest and for a repository that are not there', async () => {
      const repository = registry().repository();
      await pushManifest(repository, await newImage(repository));
      for (const place of [repository, registry().repository()]) {
        for (const digest of [digestOf(uniqueBytes()), digestOf(uniqueBytes(), 'sha512')]) {
          expect(await listReferrers(place, digest)).toEqual([]);
        }
      }
    });

    it('lists each with its type, size, artifact type and annotations', async () => {
      const repository = registry().repository();
      const { subject, referrers } = await subjectWithReferrers(repository);
      const listed = await listReferrers(repository, subject.digest);
      const { image, artifact, other, index, plainIndex } = referrers;
      const expected: readonly [Pushable, object][] = [
        [image, { artifactType: mediaTypes.config }],
        [artifact, { artifactType: mediaTypes.example, annotations }],
        [other, { artifactType: mediaTypes.otherExample }],
        [index, { artifactType: mediaTypes.otherExample, annotations }],
        [plainIndex, {}],
      ];
      expect(digestsIn(listed)).toEqual(digestsIn(Object.values(referrers)));
      for (const [{ descriptor, digest }, more] of expected) {
        expect(listed.find((each) => each.digest === digest)).toEqual({ ...descriptor, ...more });
      }
    });

    it('lists those of one artifact type, and says that it filtered', async () => {
      const repository = registry().repository();
      const { subject, referrers } = await subjectWithReferrers(repository);
      const { image, artifact, other, index } = referrers;
      for (const [type, wanted] of [
        [mediaTypes.config, [image]],
        [mediaTypes.example, [artifact]],
        [mediaTypes.otherExample, [other, index]],
        ['application/vnd.example.none', []],
      ] as const) {
        const path = `/referrers/${subject.digest}?artifactType=${encodeURIComponent(type)}`;
        const answer = await repository.send('GET', path);
        expect(digestsIn(referrersIn(answer))).toEqual(digestsIn(wanted));
        expect(answer.headers.get('oci-filters-applied')).toBe('artifactType');
      }
      const unfiltered = await repository.send('GET', `/referrers/${subject.digest}`);
      expect(unfiltered.headers.get('oci-filters-applied')).toBeNull();
    });

    it('lists referrers of what was never pushed, by sha512 too, and keeps them when it is', async () => {
      const repository = registry().repository();
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const subject = await newImage(repository, { algorithm });
        const artifact = await newArtifact(repository, { subject: subject.descriptor });
        await pushManifest(repository, artifact);
        expect(digestsIn(await listReferrers(repository, subject.digest))).toEqual([artifact.digest]);
        await pushManifest(repository, subject);
        expect(digestsIn(await listReferrers(repository, subject.digest))).toEqual([artifact.digest]);
      }
    });

    it('lists the referrers of this repository only', async () => {
      const [repository, elsewhere] = [registry().repository(), registry().repository()];
      const { subject } = await subjectWithReferrers(elsewhere);
      expect(await listReferrers(repository, subject.digest)).toEqual([]);
    });

    it('no longer lists one that was deleted, and lists the others when the subject was', async () => {
      const repository = registry().repository();
      const { subject, referrers } = await subjectWithReferrers(repository);
      const { artifact, ...others } = referrers;
      expectStatus(await repository.send('DELETE', `/manifests/${artifact.digest}`), 202);
      expectStatus(await repository.send('DELETE', `/manifests/${subject.digest}`), 202);
      expect(digestsIn(await listReferrers(repository, subject.digest))).toEqual(digestsIn(Object.values(others)));
    });

    it('answers pages that a client follows to the end, the filter with them', async () => {
      const repository = registry().repository();
      const { subject, referrers } = await subjectWithReferrers(repository);
      for (const [query, wanted] of [
        ['?n=2', Object.values(referrers)],
        [`?n=1&artifactType=${encodeURIComponent(mediaTypes.otherExample)}`, [referrers.other, referrers.index]],
      ] as const) {
        const seen: DescriptorJson[] = [];
        let pages = 0;
        for (let path: string | null = `/referrers/${subject.digest}${query}`; path !== null; pages++) {
          expect(pages).toBeLessThan(6);
          const answer: OciAnswer = await repository.send('GET', path);
          seen.push(...referrersIn(answer));
          path = nextOf(answer);
        }
        expect(digestsIn(seen)).toEqual(digestsIn(wanted));
      }
    });

    it('refuses what is no digest', async () => {
      expectStatus(await registry().repository().send('GET', '/referrers/sha256:baddigeststring'), 400, 404);
    });
  });
}
