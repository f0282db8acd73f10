import { writeFile } from 'node:fs/promises';
import { isInstalled, sampleIndex, type SampleIndex } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import type { Registry } from './registry-of-clients.suite.js';

/** Nothing is told to a log, or asked of one, outside of this machine. */
const alone = ['--tlog-upload=false', '--yes'];
const insecure = ['--allow-insecure-registry', '--allow-http-registry'];

export function cosign(registry: Registry): void {
  const run = (...args: string[]) => registry().home.run('cosign', ...args);

  async function pushWithKey(name: string): Promise<{ image: string; index: SampleIndex }> {
    const { home } = registry();
    const index = sampleIndex(`for cosign, ${name}`);
    const layout = await registry().layout(index, name);
    await home.run('crane', 'push', '--insecure', '--index', layout, registry().at(`${name}:v1`));
    if ((await home.attempt('test', '-e', 'cosign.key')).status !== 0) await run('generate-key-pair');
    return { image: registry().at(`${name}@${index.manifestDigest}`), index };
  }

  describe.skipIf(!isInstalled('cosign') || !isInstalled('crane'))('cosign (needs cosign and crane)', () => {
    it('signs an index with a key and verifies it; another key does not', async () => {
      const { image } = await pushWithKey('cosign');
      await run('sign', '--key', 'cosign.key', ...alone, ...insecure, image);
      const verify = ['verify', '--insecure-ignore-tlog=true', '--private-infrastructure', ...insecure];
      expect(await run(...verify, '--key', 'cosign.pub', image)).toContain('The signatures were verified');
      await run('generate-key-pair', '--output-key-prefix', 'other');
      const refused = await registry().home.attempt('cosign', ...verify, '--key', 'other.pub', image);
      expect(refused.status).not.toBe(0);
    });

    it('attaches an attestation and verifies it', async () => {
      const { image } = await pushWithKey('cosign-attested');
      await writeFile(registry().home.path('predicate.json'), '{"reviewed":true}');
      const what = ['--type', 'custom', '--key'];
      await run('attest', ...what, 'cosign.key', '--predicate', 'predicate.json', ...alone, ...insecure, image);
      const verify = ['verify-attestation', '--insecure-ignore-tlog=true', '--private-infrastructure', ...insecure];
      expect(await run(...verify, ...what, 'cosign.pub', image)).toContain('payloadType');
    });
  });
}
