import { beforeEach, describe, expect, it } from 'vitest';
import { Supervisor, type Supervised } from './supervisor.js';

let now: number;
let lines: string[];
let pauses: number[];
let givenUp: string[];
let restarts: number;

beforeEach(() => {
  now = 0;
  lines = [];
  pauses = [];
  givenUp = [];
  restarts = 0;
});

function supervisor() {
  return new Supervisor({
    say: (line) => lines.push(line),
    giveUp: (reason) => givenUp.push(reason),
    onRestarted: () => (restarts += 1),
    now: () => now,
    pause: async (ms) => {
      pauses.push(ms);
      now += ms;
    },
  });
}

/** A process whose ends are announced by the test. */
class Fake implements Supervised {
  readonly name = 'registry-1';
  readonly logFile = '/logs/registry-1.log';
  starts = 0;
  failsToStart = false;
  private onEnd: (ending: string) => void = () => undefined;

  async start(): Promise<void> {
    this.starts += 1;
    if (this.failsToStart) throw new Error('no port\nand more');
  }

  watch(onEnd: (ending: string) => void): void {
    this.onEnd = onEnd;
  }

  /** Ends it and lets everything that follows happen. */
  async end(): Promise<void> {
    this.onEnd('signal SIGKILL');
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  }
}

describe('Supervisor', () => {
  it('says that a process ended, starts it again and tells of it', async () => {
    const process = new Fake();
    supervisor().watch(process);
    await process.end();
    expect(lines).toEqual(['registry-1 ended (signal SIGKILL); starting it again.']);
    expect([process.starts, restarts, pauses]).toEqual([1, 1, [500]]);
  });

  it('waits longer each time, and gives up at the sixth end within a minute', async () => {
    const process = new Fake();
    supervisor().watch(process);
    for (let times = 0; times < 6; times += 1) await process.end();
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000]);
    expect(process.starts).toBe(5);
    expect(givenUp).toEqual(['registry-1 ended more than 5 times within a minute; its log is /logs/registry-1.log.']);
  });

  it('takes a start that fails for another end', async () => {
    const process = new Fake();
    process.failsToStart = true;
    supervisor().watch(process);
    await process.end();
    expect(process.starts).toBe(5);
    expect(lines[1]).toBe('registry-1 could not be started (no port); starting it again.');
    expect(givenUp).toHaveLength(1);
    expect(restarts).toBe(0);
  });

  it('forgets ends of more than a minute ago', async () => {
    const process = new Fake();
    supervisor().watch(process);
    for (let times = 0; times < 20; times += 1) {
      await process.end();
      now += 20_000;
    }
    expect(givenUp).toEqual([]);
    expect(process.starts).toBe(20);
  });

  it('starts nothing after it was stopped', async () => {
    const process = new Fake();
    const watching = supervisor();
    watching.watch(process);
    watching.stop();
    await process.end();
    expect([process.starts, lines]).toEqual([0, []]);
  });
});
