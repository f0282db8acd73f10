import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { once } from 'node:events';
import { openLog } from './log-file.js';
import { withinMs } from './within.js';

/** What is run, as whom and where its output goes. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child; nothing is inherited beside it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Gets stdout and stderr, appended. */
  readonly logFile: string;
}

/**
 * A child process in a process group of its own, so that a Ctrl-C at the terminal reaches only the launcher, which then
 * stops its children in order. It outlives a launcher that was killed: see process-records.ts.
 */
export class Child {
  /** Resolves when the process has ended, however it ended. */
  readonly ended: Promise<void>;

  private constructor(private readonly process: ChildProcess) {
    this.ended = this.isAlive ? new Promise((resolve) => process.once('exit', () => resolve())) : Promise.resolve();
  }

  /** @throws the system's error (ENOENT..) when the command can't be run at all */
  static async start({ command, args, env, cwd, logFile }: Command): Promise<Child> {
    const log = openLog(logFile);
    try {
      const options = { env: { ...env }, detached: true, ...(cwd === undefined ? {} : { cwd }) };
      const process = spawn(command, args, { ...options, stdio: ['ignore', log, log] });
      await once(process, 'spawn');
      return new Child(process);
    } finally {
      closeSync(log);
    }
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** `exit status 1` or `signal SIGKILL`; for messages. */
  get ending(): string {
    const { exitCode, signalCode } = this.process;
    return signalCode === null ? `exit status ${exitCode ?? 'unknown'}` : `signal ${signalCode}`;
  }

  /** The exit status; null while it runs and after a signal. */
  get exitCode(): number | null {
    return this.process.exitCode;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isAlive) this.process.kill(signal);
  }

  /** Sends a signal, then SIGKILL when the process is still there after `graceMs`; resolves when it has ended. */
  async end(signal: NodeJS.Signals, graceMs = 10_000): Promise<void> {
    if (!this.isAlive) return;
    this.process.kill(signal);
    if (await withinMs(graceMs, this.ended)) return;
    this.process.kill('SIGKILL');
    await this.ended;
  }
}
