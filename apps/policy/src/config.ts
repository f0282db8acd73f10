import { commonEnvironment, instantMs, originUrl, postgresUrl, readConfig, urlList } from '@berth/config';
import { defaultEnforcementMandatoryFromMs } from '@berth/policy-engine';
import { z } from 'zod';

const environment = z.object({
  ...commonEnvironment,
  BERTH_POLICY_DATABASE_URL: postgresUrl,
  /** `iss` of every token. */
  BERTH_PUBLIC_URL: originUrl,
  BERTH_IDENTITY_URL: urlList,
  /** From this instant on access policies are enforced in every region of every account (5 July 2022). */
  BERTH_ENFORCEMENT_MANDATORY_FROM: instantMs.default(defaultEnforcementMandatoryFromMs),
});

/** The settings of one policy process. */
export type PolicyConfig = z.infer<typeof environment>;

/** @throws AppError 'malformed' listing every problem of the environment */
export function readPolicyConfig(given: NodeJS.ProcessEnv = process.env): PolicyConfig {
  return readConfig(environment, given);
}

const migrationEnvironment = z.object({
  /** The owner's login. */
  BERTH_DATABASE_URL: postgresUrl,
  BERTH_POLICY_DATABASE_URL: postgresUrl,
});

/** What the migrations need. @throws AppError 'malformed' listing every problem of the environment */
export function readMigrationConfig(): z.infer<typeof migrationEnvironment> {
  return readConfig(migrationEnvironment, process.env);
}
