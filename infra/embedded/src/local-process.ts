import { AppError } from '@berth/errors';
import { Child, type Command } from './child.js';
import { lastLogLines } from './log-file.js';
import type { ProcessRecords } from './process-records.js';
import { becomesTrue } from './within.js';

/** What is started, how it tells that it serves, and how it is ended. */
export interface ProcessPlan {
  /** Unique in a data folder: `postgres`, `registry-1`. */
  readonly name: string;
  readonly command: Command;
  /** Asked about every 50 ms until it says true; it must not throw. */
  readonly isReady: (pid: number) => boolean | Promise<boolean>;
  readonly readyWithinMs: number;
  /** What it said about itself when it was asked last; for the message of a start that failed. */
  readonly lastAnswer?: () => string;
  /** What ends it cleanly. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** Lower stops first. */
  readonly stopOrder: number;
  readonly records: ProcessRecords;
}

/** A server process of this machine, which can be stopped, killed and started again under the same address. */
export class LocalProcess {
  private child: Child | null = null;
  private isWanted = false;
  private onUnexpectedEnd: ((ending: string) => void) | null = null;
  private unseenEnding: string | null = null;

  constructor(private readonly plan: ProcessPlan) {}

  get name(): string {
    return this.plan.name;
  }

  get logFile(): string {
    return this.plan.command.logFile;
  }

  get stopOrder(): number {
    return this.plan.stopOrder;
  }

  /** 0 while it is not running. */
  get pid(): number {
    return this.child?.isAlive ? this.child.pid : 0;
  }

  /**
   * Calls back each time the process, once ready, ends without having been stopped or killed by this object; at once when
   * that has happened already.
   */
  watch(onUnexpectedEnd: (ending: string) => void): void {
    this.onUnexpectedEnd = onUnexpectedEnd;
    if (this.unseenEnding !== null) onUnexpectedEnd(this.unseenEnding);
    this.unseenEnding = null;
  }

  /**
   * Starts it, unless it runs; resolves when it serves.
   *
   * @param settings for this run only, over those of the plan
   * @throws AppError 'unavailable': one sentence that names its log, and the last lines of that
   */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.pid !== 0) return;
    this.isWanted = true;
    this.unseenEnding = null;
    const { name, stopSignal, stopOrder, records, isReady, command } = this.plan;
    const child = await Child.start({ ...command, env: { ...command.env, ...settings } });
    this.child = child;
    // Stopped in the very moment in which the system made it.
    if (!this.isWanted) return this.end(child, 'SIGKILL');
    records.add({ name, pid: child.pid, stopSignal, stopOrder });
    let ready = false;
    const isDecided = async () => !child.isAlive || (ready = await isReady(child.pid));
    await becomesTrue({ limitMs: this.plan.readyWithinMs, everyMs: 50, holds: isDecided });
    if (!ready || !child.isAlive) {
      const failure = this.describeFailure(child);
      await this.end(child, 'SIGKILL');
      throw new AppError({ kind: 'unavailable', message: failure });
    }
    void child.ended.then(() => this.noticeEnd(child));
  }

  /** Ends it cleanly, or after 10 s by SIGKILL. */
  async stop(): Promise<void> {
    await this.end(this.child, this.plan.stopSignal);
  }

  /** Sends a signal; resolves when the process has ended, or at once after one that only halts or resumes it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') {
      this.child?.signal(signal);
      return;
    }
    await this.end(this.child, signal);
  }

  private async end(child: Child | null, signal: NodeJS.Signals): Promise<void> {
    this.isWanted = false;
    await child?.end(signal);
    this.plan.records.remove(this.plan.name);
  }

  private noticeEnd(child: Child): void {
    if (!this.isWanted || child !== this.child) return;
    this.plan.records.remove(this.plan.name);
    if (this.onUnexpectedEnd === null) this.unseenEnding = child.ending;
    else this.onUnexpectedEnd(child.ending);
  }

  private describeFailure(child: Child): string {
    const { name, readyWithinMs } = this.plan;
    const what = child.isAlive
      ? `was not ready within ${readyWithinMs / 1000} s${this.plan.lastAnswer?.() ?? ''}`
      : `ended before it was ready (${child.ending})`;
    return `${name} ${what}; its log ${this.logFile} ends:\n${lastLogLines(this.logFile).join('\n')}`;
  }
}
