import type { OciAnswer, OciRepository } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { codeOf, expectStatus, jsonOf, type Registry } from './conformance.suite.js';
import { newImage, pushManifest } from './content.suite.js';

const sorted = ['10', '2', 'A', 'Z', '_x', 'a', 'a-b', 'a.b', 'a_b', 'b'];

async function withTags(repository: OciRepository, tags: readonly string[]): Promise<OciRepository> {
  const image = await newImage(repository);
  for (const tag of tags) await pushManifest(repository, image, tag);
  return repository;
}

/** Also that the answer names its repository. */
function tagsIn(repository: OciRepository, answer: OciAnswer): readonly string[] {
  expectStatus(answer, 200);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
  const { name, tags } = jsonOf<{ name: string; tags: string[] }>(answer);
  expect(name).toBe(repository.name);
  return tags;
}

/** The address of the next page, as `Link` has it. */
export function nextOf({ headers }: OciAnswer): string | null {
  const link = headers.get('link');
  if (link === null) return null;
  const [, next] = /^<([^>]+)>; rel="next"$/.exec(link) ?? [];
  if (next === undefined) throw new Error(`a Link that names no next page: ${link}`);
  return next;
}

export function listingTags(registry: Registry): void {
  describe('OCI 1.1 Listing Tags', () => {
    it('lists all of them in lexical order, whatever order they were pushed in', async () => {
      const repository = await withTags(registry().repository(), sorted.toReversed());
      const answer = await repository.send('GET', '/tags/list');
      expect(tagsIn(repository, answer)).toEqual(sorted);
      expect(nextOf(answer)).toBeNull();
    });

    it('lists what lies behind `last`, with and without `n`', async () => {
      const repository = await withTags(registry().repository(), sorted);
      const list = async (query: string) => tagsIn(repository, await repository.send('GET', `/tags/list?${query}`));
      expect(await list('last=_x')).toEqual(sorted.slice(5));
      expect(await list('last=a-')).toEqual(sorted.slice(6));
      expect(await list('last=b')).toEqual([]);
      expect(await list('n=2&last=a')).toEqual(sorted.slice(6, 8));
      expect(await list('last=a&n=2')).toEqual(sorted.slice(6, 8));
    });

    it('answers pages that a client follows to the end', async () => {
      const repository = await withTags(registry().repository(), sorted);
      const seen: string[] = [];
      let pages = 0;
      for (let path: string | null = '/tags/list?n=3'; path !== null; pages++) {
        expect(pages).toBeLessThan(5);
        const answer: OciAnswer = await repository.send('GET', path);
        seen.push(...tagsIn(repository, answer));
        path = nextOf(answer);
      }
      expect(seen).toEqual(sorted);
    });

    it('answers an empty page for n=0, and all for an n beyond the last', async () => {
      const repository = await withTags(registry().repository(), sorted);
      const none = await repository.send('GET', '/tags/list?n=0');
      expect([tagsIn(repository, none), nextOf(none)]).toEqual([[], null]);
      const all = await repository.send('GET', '/tags/list?n=100000');
      expect([tagsIn(repository, all), nextOf(all)]).toEqual([sorted, null]);
    });

    it('refuses an n that is no number', async () => {
      const repository = await withTags(registry().repository(), ['v1']);
      for (const n of ['abc', '-1', '1.5', '']) {
        expectStatus(await repository.send('GET', `/tags/list?n=${n}`), 400);
      }
    });

    it('answers an empty list for a repository without tags, and 404 for one that never was', async () => {
      const repository = registry().repository();
      await pushManifest(repository, await newImage(repository));
      expect(tagsIn(repository, await repository.send('GET', '/tags/list'))).toEqual([]);
      const answer = await registry().repository().send('GET', '/tags/list');
      expectStatus(answer, 404);
      expect(codeOf(answer)).toBe('NAME_UNKNOWN');
    });
  });
}
