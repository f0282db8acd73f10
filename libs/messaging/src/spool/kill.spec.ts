import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { entry, newDir, openSpool, removeDirs, storedFrames, storedTags } from './spool.suite.js';

const child = fileURLToPath(new URL('./kill-child.suite.ts', import.meta.url));
const toSource = `import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) {
  try { return next(name, context); } catch (e) {
    if (name.endsWith('.js')) return next(name.slice(0, -3) + '.ts', context);
    throw e;
  }
} });`;

/** A process of its own that opens the spool in `dir` and appends until it dies; says the number of each stored entry. */
function startWriter(dir: string, from: number): { process: ChildProcess; said: string[] } {
  const args = [
    '--experimental-transform-types',
    '--disable-warning=ExperimentalWarning',
    '--conditions=@berth/source',
  ];
  const hooks = `data:text/javascript,${encodeURIComponent(toSource)}`;
  const writer = spawn(process.execPath, [...args, '--import', hooks, child, dir, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  createInterface({ input: writer.stdout }).on('line', (line) => said.push(line));
  return { process: writer, said };
}

describe('a process that is killed with -9', () => {
  afterEach(removeDirs);

  it('loses no entry whose append had resolved, and gives the folder free', async () => {
    const dir = newDir();
    for (let round = 1; round <= 3; round += 1) {
      const { process: writer, said } = startWriter(dir, round * 1_000_000);
      await vi.waitFor(() => expect(said.length).toBeGreaterThan(200 * round), { timeout: 20_000, interval: 5 });
      await expect(openSpool(dir)).rejects.toMatchObject({ kind: 'conflict' });
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const stored = new Set(storedTags(dir));
      expect(said.filter((n) => !stored.has(`t${n}`))).toEqual([]);
    }
    const spool = await openSpool(dir);
    await spool.append(entry(1));
    const opened = storedFrames(dir).filter((frame) => frame.kind === 'opened');
    expect(opened).toHaveLength(4);
    expect(new Set(opened.map(({ previous }) => previous?.boot)).size).toBe(4);
    await spool.close();
  });
});
