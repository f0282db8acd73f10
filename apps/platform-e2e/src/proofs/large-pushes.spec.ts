import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { runCommand, startTestPlatform, type TestPlatform } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What was measured of one step, memory in MiB. */
interface Row {
  readonly work: string;
  readonly before: number;
  readonly growth: number;
}

const program = join(import.meta.dirname, '../../../../load-tests/large/run.mjs');
const pushes = 32;
const mebibytes = 8;

let berth: TestPlatform;

beforeAll(async () => {
  berth = await startTestPlatform();
});
afterAll(async () => berth?.stop());

describe('nothing is buffered whole', () => {
  it('many blobs pushed at once, and pulled, cost the registry far less memory than they have bytes', async () => {
    const reportFile = join(berth.dataDir, 'large.json');
    const sizes = { pushes, mebibytes, 'layer-mebibytes': 128, 'most-growth-mebibytes': 96 };
    const options = Object.entries({ ...sizes, report: reportFile }).map(([name, value]) => `--${name}=${value}`);
    const outcome = await runCommand('env', [`BERTH_DATA_DIR=${berth.dataDir}`, process.execPath, program, ...options]);
    expect(outcome.status, outcome.output).toBe(0);
    const { rows } = JSON.parse(await readFile(reportFile, 'utf8')) as { rows: Row[] };
    expect(rows).toHaveLength(4);
    console.log(rows.map(({ work, before, growth }) => `${work}: ${before} + ${growth} MiB`).join('\n'));
  });
});
