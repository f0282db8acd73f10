import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf, root, runStep, SetupError } from './step.mjs';
import { javaComplaint } from './versions.mjs';

const project = join(root, 'infra/embedded');
const libs = join(project, 'kafka-libs');
const stampFile = join(libs, '.pom-hash');

/** Makes sure of Java, and fetches Kafka's jars by Maven when they are not those of infra/embedded/pom.xml. */
export function resolveKafka() {
  const complaint = javaComplaint(outputOf('java', ['-version']));
  if (complaint !== null) throw new SetupError(complaint);
  const pom = join(project, 'pom.xml');
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === hash) return;
  if (outputOf('mvn', ['--version']) === null) {
    throw new SetupError(
      'Maven is missing, which fetches Kafka: install it, or set BERTH_KAFKA_BROKERS to a Kafka of yours.',
    );
  }
  const draft = join(root, '.cache/kafka-libs');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  runStep("Fetching Kafka's jars", {
    command: 'mvn',
    args: [
      '-q',
      '-B',
      '-f',
      pom,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${draft}`,
    ],
    failure: 'Maven could not fetch Kafka: the lines above say why.',
  });
  writeFileSync(join(draft, '.pom-hash'), hash);
  rmSync(libs, { recursive: true, force: true });
  renameSync(draft, libs);
}
