import { writeFile } from 'node:fs/promises';
import { isInstalled, sampleIndex } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { expectPulled, type Registry } from './registry-of-clients.suite.js';

const index = sampleIndex('for regctl');
const artifactType = 'application/spdx+json';

export function regctl(registry: Registry): void {
  const run = async (...args: string[]) => (await registry().home.run('regctl', '-v', 'error', ...args)).trim();
  const at = (name: string) => registry().at(name);
  const push = async (name: string) =>
    run('image', 'copy', `ocidir://${await registry().layout(index, 'regctl-in')}:v1`, at(name));

  /** Pushes the index and a bill of materials with it as subject; the bill's digest. */
  async function pushWithReferrer(name: string): Promise<string> {
    await push(name);
    await writeFile(registry().home.path('bill.json'), '{"spdxVersion":"SPDX-2.3"}');
    await run('artifact', 'put', '--artifact-type', artifactType, '--subject', at(name), '--file', 'bill.json');
    return run('artifact', 'list', at(name), '--format', '{{range .Descriptors}}{{println .Digest}}{{end}}');
  }

  describe.skipIf(!isInstalled('regctl'))('regctl (needs regctl)', () => {
    it('copies an index in and out again, byte by byte', async () => {
      await push('regctl:v1');
      await registry().expectIndexStored('regctl', 'v1', index);
      await run('image', 'copy', at('regctl:v1'), 'ocidir://regctl-out:v1');
      await expectPulled(registry().home.path('regctl-out'), index);
    });

    it('puts an artifact with a subject and lists it by type, without a fallback tag', async () => {
      const bill = await pushWithReferrer('regctl-bill:v1');
      expect(bill).toMatch(/^sha256:[0-9a-f]{64}$/);
      const ofType = ['artifact', 'list', at('regctl-bill:v1'), '--filter-artifact-type'];
      expect(await run(...ofType, artifactType)).toContain(bill);
      expect(await run(...ofType, 'application/vnd.other')).not.toContain(bill);
      expect(await run('artifact', 'get', '--subject', at('regctl-bill:v1'))).toBe('{"spdxVersion":"SPDX-2.3"}');
      expect(await run('tag', 'ls', at('regctl-bill'))).toBe('v1');
    });

    it('copies an image with its referrers to another repository', async () => {
      const bill = await pushWithReferrer('regctl-source:v1');
      await run('image', 'copy', '--referrers', at('regctl-source:v1'), at('regctl-target:v1'));
      await registry().expectIndexStored('regctl-target', 'v1', index);
      expect(await run('artifact', 'list', at('regctl-target:v1'))).toContain(bill);
    });

    it('deletes one tag of two', async () => {
      await push('regctl-tags:v1');
      await push('regctl-tags:v2');
      await run('tag', 'delete', at('regctl-tags:v1'));
      expect(await run('tag', 'ls', at('regctl-tags'))).toBe('v2');
      await registry().expectStored('regctl-tags', 'v2', index);
    });

    it('puts, asks for, gets, mounts and deletes a blob', async () => {
      const { home } = registry();
      await writeFile(home.path('blob.txt'), 'a blob by itself');
      const digest = (await home.run('sh', '-c', 'regctl -v error blob put "$0" <blob.txt', at('regctl-blob'))).trim();
      expect(await run('blob', 'head', at('regctl-blob'), digest)).toContain(digest);
      expect(await run('blob', 'get', at('regctl-blob'), digest)).toBe('a blob by itself');
      await run('blob', 'copy', at('regctl-blob'), at('regctl-mounted'), digest);
      await run('blob', 'delete', at('regctl-blob'), digest);
      expect((await home.attempt('regctl', 'blob', 'head', at('regctl-blob'), digest)).status).not.toBe(0);
      expect(await run('blob', 'get', at('regctl-mounted'), digest)).toBe('a blob by itself');
    });
  });
}
