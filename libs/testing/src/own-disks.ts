import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is to be a small file system of its own. */
export interface OwnDisk {
  readonly folder: string;
  readonly sizeBytes: number;
  /** Files and folders that it can hold. */
  readonly names: number;
}

/** Whether this machine lets a process have file systems of its own: Linux with user namespaces, or root. */
export function canHaveOwnDisks(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'berth-disk-'));
  try {
    return spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', folder]).status === 0;
  } finally {
    rmdirSync(folder);
  }
}

/**
 * Settings that make a program of Node start on empty file systems of its own, which nobody else sees and which end with
 * it. What the folders hold outside is hidden from it.
 */
export function onOwnDisks(disks: readonly OwnDisk[]): Readonly<Record<string, string>> {
  const mounts = disks.map(
    ({ folder, sizeBytes, names }) =>
      `mount -t tmpfs -o mode=700,size=${sizeBytes},nr_inodes=${names} none '${folder}' && `,
  );
  // The process takes on the namespace and begins anew, so its id stays what its parent knows.
  const again = `const { NODE_OPTIONS, ...env } = process.env;
    const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    const script = ${JSON.stringify(`${mounts.join('')}exec "$@"`)};
    process.execve('/usr/bin/unshare', ['unshare', '-rm', 'sh', '-c', script, 'sh', ...command], env);`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(again)}` };
}

/** A file system of a process as everybody reaches it, to be filled and emptied again. */
export class SeenDisk {
  /** The folder as its owner sees it, reached from here. */
  readonly folder: string;

  constructor(pid: number, folder: string) {
    this.folder = `/proc/${pid}/root${folder}`;
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder);
    return bavail * bsize;
  }

  /** Leaves room for so many bytes, and no more. */
  async fill(leaveBytes: number): Promise<void> {
    await writeFile(join(this.folder, 'filler'), Buffer.alloc((await this.freeBytes()) - leaveBytes));
  }

  /** Leaves room for bytes, but not for a file. */
  async fillNames(): Promise<void> {
    const { ffree } = await statfs(this.folder);
    for (let n = 0; n < ffree; n++) await writeFile(join(this.folder, `filler-${n}`), '');
  }

  /** Takes away what filled it. */
  async relieve(): Promise<void> {
    const fillers = (await readdir(this.folder)).filter((name) => name.startsWith('filler'));
    await Promise.all(fillers.map((name) => rm(join(this.folder, name))));
  }
}
