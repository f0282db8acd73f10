import { spawn, spawnSync } from 'node:child_process';

/** What a command said and how it ended. */
export interface CommandOutcome {
  readonly status: number | null;
  /** Standard output and error together, as a person would see them. */
  readonly output: string;
}

/** Whether a real client is installed; a test without its client is skipped and says so. */
export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Runs a command to its end, at most 60 s; `input` goes to its standard input. Never rejects on a failing status. */
export function runCommand(command: string, args: readonly string[], input = ''): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { timeout: 60_000 });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString() }));
    // Who reads no input may be gone before it is written.
    child.stdin.on('error', () => undefined).end(input);
  });
}
