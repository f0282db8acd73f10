import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '@berth/errors';

const project = resolve(import.meta.dirname, '..');

/**
 * The folder with Kafka's jars, which tools/setup resolves by pom.xml.
 *
 * @throws AppError 'unavailable' when they are not there, or are those of another pom.xml
 */
export function kafkaLibs(): string {
  const libs = resolve(project, 'kafka-libs');
  const stamp = resolve(libs, '.pom-hash');
  const wanted = createHash('sha256')
    .update(readFileSync(resolve(project, 'pom.xml')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === wanted) return libs;
  throw new AppError({
    kind: 'unavailable',
    message: "Kafka's jars are not here yet: run `node tools/setup/setup.mjs prepare`, or set BERTH_KAFKA_BROKERS.",
  });
}
