import { errorMessage } from '@berth/errors';

/** What a supervisor sees of a process. */
export interface Supervised {
  readonly name: string;
  readonly logFile: string;
  start(): Promise<void>;
  watch(onUnexpectedEnd: (ending: string) => void): void;
}

/** Whom a supervisor tells, and its clock. Times in milliseconds. */
export interface SupervisorOptions {
  readonly say: (line: string) => void;
  /** Called once, when a process ended too often; the platform is then to be stopped. */
  readonly giveUp: (reason: string) => void;
  /** Called each time a process serves again, with another pid than before. */
  readonly onRestarted: () => void;
  readonly now?: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

const mostEnds = 5;
const periodMs = 60_000;
const firstPauseMs = 500;

/** Starts again what ends by itself, after a pause that doubles each time; more than five ends in a minute are too many. */
export class Supervisor {
  private isStopped = false;
  private readonly now: () => number;

  constructor(private readonly options: SupervisorOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  /** From now on, until `stop`. */
  watch(process: Supervised): void {
    const endedAtMs: number[] = [];
    process.watch((ending) => void this.revive(process, { ending, endedAtMs }));
  }

  /** Nothing is started again any more. */
  stop(): void {
    this.isStopped = true;
  }

  private async revive(process: Supervised, { ending, endedAtMs }: { ending: string; endedAtMs: number[] }) {
    for (let reason = `ended (${ending})`; !this.isStopped;) {
      endedAtMs.push(this.now());
      const recent = endedAtMs.filter((at) => this.now() - at < periodMs).length;
      if (recent > mostEnds) return this.surrender(process);
      this.options.say(`${process.name} ${reason}; starting it again.`);
      await this.options.pause(firstPauseMs * 2 ** (recent - 1));
      if (this.isStopped) return;
      try {
        await process.start();
        return this.options.onRestarted();
      } catch (error) {
        reason = `could not be started (${errorMessage(error).split('\n')[0]})`;
      }
    }
  }

  private surrender({ name, logFile }: Supervised): void {
    this.stop();
    this.options.giveUp(`${name} ended more than ${mostEnds} times within a minute; its log is ${logFile}.`);
  }
}
