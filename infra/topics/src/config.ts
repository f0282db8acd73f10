import { AppError } from '@berth/errors';
import { z } from 'zod';

const environment = z.object({
  BERTH_KAFKA_BROKERS: z.string('host:port[,host:port..] is missing').regex(/^[^,\s]+:\d+(,[^,\s]+:\d+)*$/, {
    error: 'must be host:port[,host:port..]',
  }),
  BERTH_KAFKA_REPLICATION: z.coerce.number().int().min(1).max(15).default(1),
});

/** What this program is told by its environment. */
export interface TopicsConfig {
  readonly brokers: readonly string[];
  readonly replicationFactor: number;
}

/**
 * Reads the environment.
 *
 * @throws AppError 'malformed' that names every wrong variable
 */
export function topicsConfig(variables: NodeJS.ProcessEnv): TopicsConfig {
  const result = environment.safeParse(variables);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new AppError({ kind: 'malformed', message: problems.join('; ') });
  }
  return {
    brokers: result.data.BERTH_KAFKA_BROKERS.split(','),
    replicationFactor: result.data.BERTH_KAFKA_REPLICATION,
  };
}
