import { AppError } from '@berth/errors';
import type { z } from 'zod';

/**
 * Reads a service's settings from its environment. A variable that is set to nothing counts as not set. Values never
 * appear in a message, because some of them are secrets.
 *
 * @param schema an object of `BERTH_*` variables; others in the environment are left alone
 * @throws AppError 'malformed' whose message lists every problem, one a line, as `BERTH_X: what is wrong, what is right`
 */
export function readConfig<T>(schema: z.ZodType<T>, environment: NodeJS.ProcessEnv): T {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${sentence(issue, given)}`);
  throw new AppError({
    kind: 'malformed',
    code: 'invalid-configuration',
    message: `the configuration is not usable:\n  ${problems.join('\n  ')}`,
  });
}

/** Zod's own words for a missing value ("expected string, received undefined") mean nothing to an operator. */
function sentence(issue: z.core.$ZodIssue, given: Readonly<Record<string, unknown>>): string {
  const isMissing = issue.code === 'invalid_type' && given[String(issue.path[0])] === undefined;
  return isMissing && issue.message.startsWith('Invalid input') ? 'is not set' : issue.message;
}
