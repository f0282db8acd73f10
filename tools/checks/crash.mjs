/**
 * `npm run crash [-- --cuts 200] [--power-losses 500]`: the proofs of what a crash leaves, with many more points than
 * `npm test` has time for. `--cuts`: kills of the registry within a PATCH, one at each boundary of 64 KiB. `--power-losses`:
 * of a disk that forgets what was not synced, in each of two ways; needs FUSE and fusepy. 0 leaves one out.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '200' },
    'power-losses': { type: 'string', default: '500' },
  },
});

/** Runs the tests of a file that are named so; `provide` reaches them by `inject()`. @returns whether every one passed */
async function prove(config, { file, only, provide }) {
  const startedAt = performance.now();
  const options = { config: resolve(root, config), testNamePattern: only, watch: false, provide };
  const vitest = await startVitest('test', [file], options);
  await vitest.close();
  console.log(`${file}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  return vitest.state.getCountOfFailedTests() === 0 && vitest.state.getFiles().length > 0;
}

const cutPoints = Number(values.cuts);
const powerLosses = Number(values['power-losses']);
const outcomes = [];
process.chdir(root);
if (powerLosses > 0) {
  outcomes.push(
    await prove('vitest.config.mts', { file: 'power-loss', only: 'of the rest survives', provide: { powerLosses } }),
  );
}
if (cutPoints > 0) {
  outcomes.push(
    await prove('apps/platform-e2e/vitest.config.mts', {
      file: 'upload-crash',
      only: 'within a PATCH|of a PATCH on the disk',
      provide: { cutPoints },
    }),
  );
}
if (!outcomes.every(Boolean)) process.exitCode = 1;
