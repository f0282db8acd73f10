import { writeFile } from 'node:fs/promises';
import { isInstalled, runCommand, sampleImage, sampleIndex } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { expectPulled, type Registry } from './registry-of-clients.suite.js';

const image = sampleImage('for crane');
const index = sampleIndex('for crane');
const layerDigest = image.blobs.at(-1)?.digest ?? '';

export function crane(registry: Registry): void {
  const run = async (...args: string[]) => (await registry().home.run('crane', ...args, '--insecure')).trim();
  const at = (name: string) => registry().at(name);
  const push = async (name: string) => run('push', await registry().layout(image, 'crane-image'), at(name));

  describe.skipIf(!isInstalled('crane'))('crane (needs crane)', () => {
    it('pushes and pulls an image, byte by byte', async () => {
      await push('crane:v1');
      await registry().expectStored('crane', 'v1', image);
      const out = registry().home.path('crane-out');
      await run('pull', '--format=oci', at('crane:v1'), out);
      await expectPulled(out, image);
    });

    it('pushes and pulls an index', async () => {
      await run('push', '--index', await registry().layout(index, 'crane-index'), at('crane-index:v1'));
      const out = registry().home.path('crane-index-out');
      const digest = await run('digest', at('crane-index:v1'));
      await run('pull', '--format=oci', at(`crane-index@${digest}`), out);
      for (const each of index.images) await expectPulled(out, each);
    });

    it('says digest, manifest, config and blob', async () => {
      await push('crane:v1');
      expect(await run('digest', at('crane:v1'))).toBe(image.manifestDigest);
      expect(await run('manifest', at('crane:v1'))).toBe(new TextDecoder().decode(image.manifest));
      expect(await run('config', at('crane:v1'))).toContain('"architecture":"amd64"');
      expect(await run('blob', at(`crane@${layerDigest}`))).toBe('for crane');
    });

    it('copies to another repository, where blobs are mounted, and the source may go', async () => {
      await push('crane-source:v1');
      const said = await run('copy', '-v', at('crane-source:v1'), at('crane-target:v1'));
      expect(said).toContain(`mounted blob: ${layerDigest}`);
      await run('delete', at(`crane-source@${image.manifestDigest}`));
      await registry().expectStored('crane-target', 'v1', image);
      expect(await run('blob', at(`crane-target@${layerDigest}`))).toBe('for crane');
    });

    it('lists tags and the repositories that it may see', async () => {
      await push('crane-tags:v1');
      await run('tag', at('crane-tags:v1'), 'v2');
      expect((await run('ls', at('crane-tags'))).split('\n')).toEqual(['v1', 'v2']);
      const catalog = (await run('catalog', registry().berth.loginServer)).split('\n');
      expect(catalog).toContain('clients/crane-tags');
      expect(catalog.filter((name) => !name.startsWith('clients/'))).toEqual([]);
    });

    it('deletes a tag, then the manifest', async () => {
      await push('crane-gone:v1');
      await run('tag', at('crane-gone:v1'), 'v2');
      await run('delete', at('crane-gone:v1'));
      expect(await registry().home.attempt('crane', 'digest', at('crane-gone:v1'), '--insecure')).toMatchObject({
        status: 1,
        output: expect.stringContaining('404') as string,
      });
      expect(await run('digest', at('crane-gone:v2'))).toBe(image.manifestDigest);
      await run('delete', at(`crane-gone@${image.manifestDigest}`));
      expect((await registry().home.attempt('crane', 'digest', at('crane-gone:v2'), '--insecure')).status).toBe(1);
    });

    it('appends a layer and makes an index of two images, both well-formed', async () => {
      const { home } = registry();
      await writeFile(home.path('crane.txt'), 'appended');
      await runCommand('tar', ['-C', home.folder, '-cf', home.path('crane.tar'), 'crane.txt']);
      for (const name of ['one', 'two']) {
        await run('append', '--new_layer', home.path('crane.tar'), '--new_tag', at(`crane-made:${name}`));
        await run('mutate', at(`crane-made:${name}`), '--label', `name=${name}`, '--tag', at(`crane-made:${name}`));
      }
      await run('validate', '--remote', at('crane-made:one'));
      const manifests = ['--manifest', at('crane-made:one'), '--manifest', at('crane-made:two')];
      await run('index', 'append', ...manifests, '--tag', at('crane-made:both'));
      await run('validate', '--remote', at('crane-made:both'));
      const both = JSON.parse(await run('manifest', at('crane-made:both'))) as { manifests: { digest: string }[] };
      expect(both.manifests.map(({ digest }) => digest)).toEqual([
        await run('digest', at('crane-made:one')),
        await run('digest', at('crane-made:two')),
      ]);
    });
  });
}
