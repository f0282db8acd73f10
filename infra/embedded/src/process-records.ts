import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { writePrivateFile } from './private-file.js';
import { processStart } from './process-identity.js';
import { becomesTrue } from './within.js';

const record = z.object({
  name: z.string(),
  pid: z.number().int().positive(),
  start: z.string(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
  /** Lower ends first. */
  stopOrder: z.number().int(),
});

/** A process that a launcher started and has to end, as it stands in `<data dir>/run/<name>.json`. */
export type ProcessRecord = z.infer<typeof record>;

/**
 * The processes that were started on a data folder. A launcher that was killed leaves its records, so that the next one
 * ends what is still alive, and nothing else: a pid that now belongs to another process is left alone.
 */
export class ProcessRecords {
  constructor(private readonly dir: string) {}

  /** Remembers a process that was just started. */
  add({ name, pid, stopSignal, stopOrder }: Omit<ProcessRecord, 'start'>): void {
    const start = processStart(pid);
    if (start === null) return; // it has ended already
    writePrivateFile(this.fileOf(name), JSON.stringify({ name, pid, start, stopSignal, stopOrder }));
  }

  /** Forgets a process that has ended. */
  remove(name: string): void {
    rmSync(this.fileOf(name), { force: true });
  }

  /** The recorded processes that are still alive. Records of others, and unreadable ones, are removed. */
  alive(): ProcessRecord[] {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const files = readdirSync(this.dir).filter((file) => file.endsWith('.json'));
    return files.flatMap((file) => {
      const found = this.read(join(this.dir, file));
      if (found !== null && processStart(found.pid) === found.start) return [found];
      this.remove(basename(file, '.json'));
      return [];
    });
  }

  /** Ends what is still alive, in stop order, with SIGKILL after `graceMs` each; returns the names of those ended. */
  async endAlive(graceMs = 10_000): Promise<string[]> {
    const alive = this.alive();
    for (const order of [...new Set(alive.map(({ stopOrder }) => stopOrder))].sort((a, b) => a - b)) {
      await Promise.all(alive.filter(({ stopOrder }) => stopOrder === order).map((found) => this.end(found, graceMs)));
    }
    return alive.map(({ name }) => name);
  }

  private async end(found: ProcessRecord, graceMs: number): Promise<void> {
    const isGone = () => processStart(found.pid) !== found.start;
    sendSignal(found.pid, found.stopSignal);
    if (!(await becomesTrue({ limitMs: graceMs, holds: isGone }))) {
      sendSignal(found.pid, 'SIGKILL');
      await becomesTrue({ limitMs: 5_000, holds: isGone });
    }
    this.remove(found.name);
  }

  private read(path: string): ProcessRecord | null {
    try {
      return record.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch {
      return null; // a record is written whole: what can't be read was not written by a launcher
    }
  }

  private fileOf(name: string): string {
    return join(this.dir, `${name}.json`);
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself in the meantime
  }
}
