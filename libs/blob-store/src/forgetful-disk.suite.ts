import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../tools/forgetful-disk/forgetful-disk.py', import.meta.url));

/** The system's own comes first: its packages bring fusepy. */
const pythons = ['/usr/bin/python3', 'python3'];

/** With what a {@link ForgetfulDisk} runs here; null without FUSE, fusepy or the right to mount. It is tried, by mounting. */
export function pythonOfForgetfulDisk(): string | null {
  const works = (python: string) =>
    spawnSync(python, [program, '--try', tmpdir()], { timeout: 10_000, stdio: 'ignore' }).status === 0;
  return pythons.find(works) ?? null;
}

/** When a disk loses its power, and what becomes of what was not synced: nothing of it survives, or some, at random. */
export interface PowerLoss {
  /** Instead of which change or sync, from 1. */
  readonly at: number;
  /** Of what is random; null = nothing survives. */
  readonly keepSome: number | null;
}

/** A mounted file system that forgets what was not synced when its power goes; see tools/forgetful-disk. */
export class ForgetfulDisk {
  private readonly base = mkdtempSync(join(tmpdir(), 'berth-forgetful-'));
  readonly folder = join(this.base, 'mount');
  private process: ChildProcess | null = null;

  constructor(private readonly python: string | null) {
    mkdirSync(this.folder);
    mkdirSync(join(this.base, 'platter'));
  }

  /** Mounts what survived so far. Once the power is lost, whatever is asked of the folder fails. */
  async mount(loss: PowerLoss | null = null): Promise<void> {
    if (this.python === null) throw new Error('no forgetful disk can be mounted here');
    const seed = loss === null || loss.keepSome === null ? [] : ['--keep-some', String(loss.keepSome)];
    const at = loss === null ? [] : ['--lose-power-at', String(loss.at), ...seed];
    const child = spawn(this.python, [program, join(this.base, 'platter'), this.folder, ...at], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.process = child;
    await once(child.stdout, 'data');
  }

  /** Loses the power now, unless that has happened, and takes the dead mount away. @returns whether it had happened */
  async losePower(): Promise<boolean> {
    const child = this.process;
    if (child === null) return false;
    const isLost = !isMounted(this.folder);
    const exited = child.exitCode === null ? once(child, 'exit') : null;
    // Who has lost its power reads no more.
    child.stdin?.on('error', () => undefined).write('lose-power\n');
    await exited;
    spawnSync('umount', ['-l', this.folder]);
    this.process = null;
    return isLost;
  }

  /** By an empty one in the same place. */
  async replace(): Promise<void> {
    await this.losePower();
    rmSync(join(this.base, 'platter'), { recursive: true });
    mkdirSync(join(this.base, 'platter'));
  }

  async remove(): Promise<void> {
    await this.losePower();
    rmSync(this.base, { recursive: true, force: true });
  }
}

/** A dead mount can't be looked into. */
function isMounted(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}
