import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isInstalled } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import type { Registry } from './registry-of-clients.suite.js';

const artifactType = 'application/vnd.berth.sample';
const firmware = 'firmware as an artifact';

export function oras(registry: Registry): void {
  const run = (...args: string[]) => registry().home.run('oras', ...args);
  const at = (name: string) => registry().at(name);

  async function push(name: string): Promise<void> {
    await writeFile(registry().home.path('firmware.bin'), firmware);
    const type = ['--artifact-type', artifactType];
    await run('push', '--plain-http', ...type, at(name), 'firmware.bin:application/octet-stream');
  }

  async function attachNote(name: string): Promise<void> {
    await writeFile(registry().home.path('note.txt'), 'seen and found good');
    await run('attach', '--plain-http', '--artifact-type', 'text/note', at(name), 'note.txt');
  }

  async function referrersOf(name: string): Promise<{ digest: string; artifactType: string }[]> {
    const said = await run('discover', '--plain-http', '--format', 'json', at(name));
    return (JSON.parse(said) as { manifests: { digest: string; artifactType: string }[] }).manifests;
  }

  describe.skipIf(!isInstalled('oras'))('oras (needs oras)', () => {
    it('pushes a file as an artifact and pulls it', async () => {
      await push('oras:v1');
      const out = registry().home.path('oras-out');
      await mkdir(out);
      await run('pull', '--plain-http', '--output', out, at('oras:v1'));
      expect(await readFile(`${out}/firmware.bin`, 'utf8')).toBe(firmware);
    });

    it('attaches a note, discovers it and pulls it', async () => {
      await push('oras-noted:v1');
      await attachNote('oras-noted:v1');
      const [note, ...others] = await referrersOf('oras-noted:v1');
      expect(others).toEqual([]);
      expect(note?.artifactType).toBe('text/note');
      const out = registry().home.path('oras-note-out');
      await run('pull', '--plain-http', '--output', out, at(`oras-noted@${note?.digest ?? ''}`));
      expect(await readFile(`${out}/note.txt`, 'utf8')).toBe('seen and found good');
      expect((await run('repo', 'tags', '--plain-http', at('oras-noted'))).trim()).toBe('v1');
    });

    it('copies an artifact and what refers to it to another repository', async () => {
      await push('oras-source:v1');
      await attachNote('oras-source:v1');
      await run('copy', '-r', '--from-plain-http', '--to-plain-http', at('oras-source:v1'), at('oras-target:v1'));
      expect(await referrersOf('oras-target:v1')).toHaveLength(1);
      const [source, target] = await Promise.all(
        ['oras-source', 'oras-target'].map((name) => registry().get(name, '/manifests/v1')),
      );
      expect(target?.bytes).toEqual(source?.bytes);
    });
  });
}
