import { commonEnvironment, originUrl, postgresUrl, readConfig, urlList } from '@berth/config';
import { z } from 'zod';

const environment = z.object({
  ...commonEnvironment,
  BERTH_AUDIT_DATABASE_URL: postgresUrl,
  /** `iss` of every token. */
  BERTH_PUBLIC_URL: originUrl,
  BERTH_IDENTITY_URL: urlList,
  BERTH_POLICY_URL: urlList,
});

/** The settings of one audit process. */
export type AuditConfig = z.infer<typeof environment>;

/** @throws AppError 'malformed' listing every problem of the environment */
export function readAuditConfig(given: NodeJS.ProcessEnv = process.env): AuditConfig {
  return readConfig(environment, given);
}

const migrationEnvironment = z.object({
  /** The owner's login. */
  BERTH_DATABASE_URL: postgresUrl,
  BERTH_AUDIT_DATABASE_URL: postgresUrl,
});

/** What the migrations need. @throws AppError 'malformed' listing every problem of the environment */
export function readMigrationConfig(): z.infer<typeof migrationEnvironment> {
  return readConfig(migrationEnvironment, process.env);
}
