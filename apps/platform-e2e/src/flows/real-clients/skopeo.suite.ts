import { isInstalled, sampleIndex } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { expectPulled, type Registry } from './registry-of-clients.suite.js';

const index = sampleIndex('for skopeo');

export function skopeo(registry: Registry): void {
  const run = (...args: string[]) => registry().home.run('skopeo', ...args);
  const at = (name: string) => `docker://${registry().at(name)}`;
  const copyIn = async (name: string) =>
    run('copy', '--all', '--preserve-digests', '--dest-tls-verify=false', `oci:${await layout()}:v1`, at(name));
  const layout = () => registry().layout(index, 'skopeo-in');

  describe.skipIf(!isInstalled('skopeo'))('skopeo (needs skopeo)', () => {
    it('copies a multi-architecture index in and out again, byte by byte', async () => {
      await copyIn('skopeo:v1');
      await registry().expectIndexStored('skopeo', 'v1', index);
      const out = registry().home.path('skopeo-out');
      await run('copy', '--all', '--preserve-digests', '--src-tls-verify=false', at('skopeo:v1'), `oci:${out}:v1`);
      await expectPulled(out, index);
    });

    it('copies an index from repository to repository', async () => {
      await copyIn('skopeo:v1');
      const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
      await run('copy', '--all', '--preserve-digests', ...insecure, at('skopeo:v1'), at('skopeo-copy:v1'));
      await registry().expectIndexStored('skopeo-copy', 'v1', index);
    });

    it('lists tags and inspects', async () => {
      await copyIn('skopeo-tags:v1');
      await copyIn('skopeo-tags:v2');
      const tags = JSON.parse(await run('list-tags', '--tls-verify=false', at('skopeo-tags'))) as unknown;
      expect(tags).toEqual({ Repository: registry().at('skopeo-tags'), Tags: ['v1', 'v2'] });
      const inspected = JSON.parse(await run('inspect', '--tls-verify=false', at('skopeo-tags:v2'))) as unknown;
      expect(inspected).toMatchObject({ Digest: index.manifestDigest, RepoTags: ['v1', 'v2'], Os: 'linux' });
      const raw = await run('inspect', '--raw', '--tls-verify=false', at('skopeo-tags:v1'));
      expect(raw).toBe(new TextDecoder().decode(index.manifest));
    });

    it('deletes here and leaves the same image elsewhere alone', async () => {
      await copyIn('skopeo-gone:v1');
      await copyIn('skopeo-stays:v1');
      await run('delete', '--tls-verify=false', at('skopeo-gone:v1'));
      const gone = await registry().home.attempt('skopeo', 'inspect', '--tls-verify=false', at('skopeo-gone:v1'));
      expect(gone.status).not.toBe(0);
      expect(gone.output).toContain('manifest unknown');
      await registry().expectIndexStored('skopeo-stays', 'v1', index);
    });
  });
}
