import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isInstalled } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import type { Registry } from './registry-of-clients.suite.js';

const chart = 'apiVersion: v2\nname: harbour\nversion: 1.2.3\ndescription: of a test\n';

export function helm(registry: Registry): void {
  const run = (...args: string[]) => registry().home.run('helm', ...args);

  describe.skipIf(!isInstalled('helm'))('helm (needs helm)', () => {
    it('pushes a chart to oci:// and pulls it, byte by byte', async () => {
      const { home } = registry();
      await mkdir(home.path('harbour/templates'), { recursive: true });
      await writeFile(home.path('harbour/Chart.yaml'), chart);
      await writeFile(home.path('harbour/templates/note.yaml'), 'kind: ConfigMap\n');
      await run('package', 'harbour');
      await run('push', '--plain-http', 'harbour-1.2.3.tgz', `oci://${registry().at('charts')}`);
      const pulled = `oci://${registry().at('charts/harbour')}`;
      await mkdir(home.path('helm-out'));
      await run('pull', '--plain-http', pulled, '--version', '1.2.3', '--destination', 'helm-out');
      const [sent, got] = await Promise.all(
        ['harbour-1.2.3.tgz', 'helm-out/harbour-1.2.3.tgz'].map((path) => readFile(home.path(path))),
      );
      expect(got).toEqual(sent);
      // Without a version it looks for the greatest among the tags.
      expect(await run('show', 'chart', '--plain-http', pulled)).toContain('description: of a test');
    });
  });
}
