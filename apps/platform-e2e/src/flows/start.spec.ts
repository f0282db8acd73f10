import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { basic, freePort, waitFor } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');

let dataDir: string;
let port: number;
const started: ChildProcess[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'berth-start-'));
  port = await freePort();
});
afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGTERM');
  await waitFor('every start has ended', { withinMs: 60_000 }, async () =>
    started.every((child) => child.exitCode !== null || child.signalCode !== null) ? true : null,
  );
  await rm(dataDir, { recursive: true, force: true });
});

/** `npm start` as a person runs it, with the environment that names the folder and the port. */
function npmStart() {
  const environment = Object.entries({ BERTH_DATA_DIR: dataDir, BERTH_PORT: String(port) }).map(
    ([k, v]) => `${k}=${v}`,
  );
  const child = spawn('env', [...environment, process.execPath, 'tools/setup/setup.mjs', 'start'], { cwd: root });
  started.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ready = waitFor('Berth is ready', { withinMs: 120_000, everyMs: 100 }, async () => {
    if (child.exitCode !== null) throw new Error(`npm start ended: ${output}`);
    return output.includes('Berth is ready') ? output : null;
  });
  return { child, ready };
}

const ended = (child: ChildProcess) =>
  waitFor('npm start ends', { withinMs: 60_000 }, async () => (child.exitCode === null ? null : child.exitCode));

async function recordedPids(): Promise<Record<string, number[]>> {
  const endpoints = JSON.parse(await readFile(join(dataDir, 'endpoints.json'), 'utf8')) as {
    pids: Record<string, number[]>;
  };
  return endpoints.pids;
}

async function logInAsAdmin() {
  const password = (await readFile(join(dataDir, 'admin-password'), 'utf8')).trim();
  const query = `service=localhost:${port}`;
  return fetch(`http://localhost:${port}/oauth2/token?${query}`, {
    headers: { authorization: basic({ username: 'admin', password }) },
  });
}

// A start builds what has changed, so on a busy machine it takes its time.
vi.setConfig({ testTimeout: 240_000 });

describe('npm start', () => {
  it('B24 says Berth is ready, where the password is and what to try; the password is generated and only its owner reads it', async () => {
    const { child, ready } = npmStart();
    const { value: output, tookMs } = await ready;
    console.log(`first start with everything built: ${(tookMs / 1000).toFixed(1)} s`);
    expect(output).toContain(`http://localhost:${port}`);
    expect(output).toContain('admin-password');
    expect((await stat(join(dataDir, 'admin-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await logInAsAdmin()).status).toBe(200);
    const pids = await recordedPids();
    expect(Object.keys(pids).sort()).toEqual([
      'audit',
      'gateway',
      'identity',
      'kafka',
      'policy',
      'postgres',
      'registry',
    ]);
    child.kill('SIGINT');
    expect((await ended(child)).value).toBe(0);
    expect(existsSync(join(dataDir, 'endpoints.json'))).toBe(false);
    for (const pid of Object.values(pids).flat()) expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it.each([
    ['npm start alone', () => []],
    ['npm start and everything that it had started', (pids: number[]) => pids],
  ])('%s killed with -9 and started again: just works, with the data that was there', async (_, alsoKilled) => {
    const { child, ready } = npmStart();
    const { tookMs } = await ready;
    console.log(`second start: ${(tookMs / 1000).toFixed(1)} s`);
    for (const pid of alsoKilled(Object.values(await recordedPids()).flat())) process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    const again = npmStart();
    await again.ready;
    expect((await logInAsAdmin()).status).toBe(200);
    again.child.kill('SIGTERM');
    expect((await ended(again.child)).value).toBe(0);
  });
});
