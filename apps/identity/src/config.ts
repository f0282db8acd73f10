import process from 'node:process';
import {
  commonEnvironment,
  filePath,
  httpUrl,
  loginServers,
  originUrl,
  postgresUrl,
  readConfig,
  readSecretFile,
  seconds,
  urlList,
  wholeNumber,
} from '@berth/config';
import { clockLeewaySeconds, maxAccessTokenSeconds } from '@berth/contracts';
import { z } from 'zod';

const environment = z
  .object({
    ...commonEnvironment,
    BERTH_IDENTITY_DATABASE_URL: postgresUrl,
    /** The key that seals the private halves of signing keys; the same for all replicas. */
    BERTH_MASTER_KEY_FILE: filePath,
    /** `iss` of every token. */
    BERTH_PUBLIC_URL: originUrl,
    /** The token endpoint's address as clients know it. */
    BERTH_TOKEN_REALM: httpUrl,
    BERTH_LOGIN_SERVERS: loginServers,
    BERTH_POLICY_URL: urlList,
    BERTH_REGISTRY_URL: urlList,
    /** The first password of `admin`; one is generated when neither is set. */
    BERTH_ADMIN_PASSWORD: z.string().optional(),
    BERTH_ADMIN_PASSWORD_FILE: filePath.optional(),
    /** How long an access token lives unless its credential ends earlier. */
    BERTH_ACCESS_TOKEN_SECONDS: wholeNumber({
      least: clockLeewaySeconds,
      most: maxAccessTokenSeconds,
      unit: 'seconds',
    }).default(300),
    /** A copy of the definitions older than this issues nothing; 0 = it never gets too old. */
    BERTH_DEFINITIONS_MAX_AGE: seconds.default(86_400),
  })
  .refine((given) => given.BERTH_ADMIN_PASSWORD === undefined || given.BERTH_ADMIN_PASSWORD_FILE === undefined, {
    path: ['BERTH_ADMIN_PASSWORD'],
    message: 'is set together with BERTH_ADMIN_PASSWORD_FILE; set only one of them',
  });

/** The settings of one identity process. */
export type IdentityConfig = z.infer<typeof environment>;

/** @throws AppError 'malformed' listing every problem of the environment */
export function readIdentityConfig(given: NodeJS.ProcessEnv = process.env): IdentityConfig {
  return readConfig(environment, given);
}

/** The first password of `admin` as it was set; null = generate one. @throws AppError 'malformed' for an unusable file */
export function configuredAdminPassword(config: IdentityConfig): string | null {
  const file = config.BERTH_ADMIN_PASSWORD_FILE;
  return file === undefined ? (config.BERTH_ADMIN_PASSWORD ?? null) : readSecretFile(file);
}

const migrationEnvironment = z.object({
  /** The owner's login. */
  BERTH_DATABASE_URL: postgresUrl,
  BERTH_IDENTITY_DATABASE_URL: postgresUrl,
});

/** What the migrations need. @throws AppError 'malformed' listing every problem of the environment */
export function readMigrationConfig(given: NodeJS.ProcessEnv = process.env): z.infer<typeof migrationEnvironment> {
  return readConfig(migrationEnvironment, given);
}
