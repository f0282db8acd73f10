import { spawnSync } from 'node:child_process';
import { AppError } from '@berth/errors';
import type { Command } from './child.js';
import { inheritedEnvironment } from './config.js';

/**
 * A command that runs a Java program.
 *
 * @throws AppError 'unavailable' when this machine has no Java
 */
export function java({ args, logFile }: Pick<Command, 'args' | 'logFile'>): Command {
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).error === undefined) {
    return { command: 'java', args, env: inheritedEnvironment(), logFile };
  }
  throw new AppError({
    kind: 'unavailable',
    message: 'Java is missing, which Kafka runs on: install Java 17 or newer, or set BERTH_KAFKA_BROKERS.',
  });
}
