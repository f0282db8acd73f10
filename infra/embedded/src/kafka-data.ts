import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@berth/errors';
import { Child } from './child.js';
import { java } from './java.js';
import { lastLogLines } from './log-file.js';
import { readOrCreatePrivateFile } from './private-file.js';

interface NewData {
  readonly dir: string;
  readonly classPath: string;
  readonly properties: string;
  readonly logFile: string;
}

/** Formats `<dir>/data` for one cluster, once. A broken attempt is simply repeated, with the same cluster id. */
export async function createKafkaData({ dir, classPath, properties, logFile }: NewData): Promise<void> {
  if (existsSync(join(dir, 'data/meta.properties'))) return;
  const clusterId = readOrCreatePrivateFile(join(dir, 'cluster-id'), newClusterId);
  const format = ['format', '--ignore-formatted', '-t', clusterId, '-c', properties];
  const args = ['-Xmx64m', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'kafka.tools.StorageTool', ...format];
  const child = await Child.start(java({ args, logFile }));
  await child.ended;
  if (child.exitCode === 0) return;
  throw new AppError({
    kind: 'unavailable',
    message: `Kafka's data could not be made; the log ${logFile} ends:\n${lastLogLines(logFile).join('\n')}`,
  });
}

/** 16 random bytes as Kafka writes them. One that begins with `-` would be read as an option. */
function newClusterId(): string {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  return id.startsWith('-') ? newClusterId() : id;
}
