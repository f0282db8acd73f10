import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ProcessRecords } from './process-records.js';
import type { StoringService } from './services.js';
import type { Start } from './together.js';

/** How a platform is started. */
export interface PlatformOptions {
  /** Everything that stays: data, secrets, logs, records of processes. */
  readonly dataDir: string;
  /** Of the one origin. */
  readonly port: number;
  /** Address on which the origin listens; 127.0.0.1 when left out. */
  readonly bind?: string;
  /** How many processes of a service; 1 when left out. */
  readonly replicas?: Partial<Record<StoringService, number>>;
  /** `BERTH_*` settings, over those that follow from the other options. None is taken from this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** `durable` when left out. */
  readonly durability?: 'durable' | 'throw-away';
  /** The folder that holds `apps/` and `infra/`, built; the project's own when left out. */
  readonly root?: string;
  /** Ends a start that is under way; all that it had started is ended first. */
  readonly signal?: AbortSignal;
  /** Told what is going on, a line each; nobody when left out. */
  readonly say?: (line: string) => void;
  /** Starts again what ends by itself, and calls back when that is in vain. Left out, nothing is started again. */
  readonly onGivenUp?: (reason: string) => void;
  /** Lets the milliseconds before a restart pass; real ones when left out. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** The same with nothing left out. */
export interface ResolvedOptions extends Required<Omit<PlatformOptions, 'onGivenUp'>>, Start {
  readonly onGivenUp: ((reason: string) => void) | null;
}

export function resolveOptions(options: PlatformOptions): ResolvedOptions {
  const dataDir = resolve(options.dataDir);
  return {
    dataDir,
    port: options.port,
    bind: options.bind ?? '127.0.0.1',
    replicas: options.replicas ?? {},
    env: options.env ?? {},
    durability: options.durability ?? 'durable',
    root: options.root ?? resolve(import.meta.dirname, '../../..'),
    signal: options.signal ?? new AbortController().signal,
    say: options.say ?? (() => undefined),
    onGivenUp: options.onGivenUp ?? null,
    pause: options.pause ?? ((ms) => delay(ms)),
    records: new ProcessRecords(join(dataDir, 'run')),
  };
}
