import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessRecords } from '@berth/embedded';
import { isInstalled } from './real-client.js';
import { freePort } from './test-platform.js';
import { waitFor } from './wait-for.js';

/** What a client needs to use the S3 server of a test run; as @berth/blob-store's S3Options has it. */
export interface S3Connection {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly forcePathStyle: true;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A real S3 server on a folder, on a free port, with one empty bucket. */
export interface S3Server {
  readonly connection: S3Connection;
  stop(): Promise<void>;
}

const bucket = 'berth-test';
const region = 'us-east-1';
const credentials = { accessKeyId: 'berth-test', secretAccessKey: 'berth-test-secret' };

/**
 * Starts versitygw (`go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`) from the path or from Go's folder;
 * null when it is not installed, and what needs it is skipped and says so.
 *
 * @param dataDir where objects go, on a file system with extended attributes; a later test run ends the server should this
 *   one be killed, when the folder is a throw-away one
 */
export async function startS3Server(dataDir: string): Promise<S3Server | null> {
  const command = findVersitygw();
  if (command === null) return null;
  const data = join(dataDir, 's3');
  await mkdir(join(data, bucket), { recursive: true });
  const port = await freePort();
  const child = start(command, { port, data });
  await once(child, 'spawn');
  new ProcessRecords(join(dataDir, 'run')).add({
    name: 's3',
    pid: child.pid ?? 0,
    stopSignal: 'SIGTERM',
    stopOrder: 0,
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await waitFor('the S3 server answers', { withinMs: 10_000 }, () => fetch(endpoint));
  return {
    connection: { endpoint, region, bucket, forcePathStyle: true, credentials },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function findVersitygw(): string | null {
  if (isInstalled('versitygw')) return 'versitygw';
  const goPath = spawnSync('go', ['env', 'GOPATH'], { encoding: 'utf8' });
  if (goPath.error !== undefined) return null;
  const command = join(goPath.stdout.trim(), 'bin', 'versitygw');
  return isInstalled(command) ? command : null;
}

function start(command: string, { port, data }: { port: number; data: string }): ChildProcess {
  const { accessKeyId, secretAccessKey } = credentials;
  const keys = ['--access', accessKeyId, '--secret', secretAccessKey, '--region', region];
  return spawn(command, [...keys, '--quiet', '--port', `127.0.0.1:${port}`, 'posix', data], { stdio: 'ignore' });
}
