import process from 'node:process';
import {
  commonEnvironment,
  filePath,
  hostList,
  httpUrl,
  instantMs,
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
import { defaultEnforcementMandatoryFromMs } from '@berth/policy-engine';
import { z } from 'zod';

const perMinute = wholeNumber({ least: 0, most: 100_000_000, unit: 'requests in a minute' });

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
    /** Tells when tokens were last used; without it they are shown without that. */
    BERTH_AUDIT_URL: urlList.default([]),
    /** The first password of `admin`; one is generated when neither is set. */
    BERTH_ADMIN_PASSWORD: z.string().optional(),
    BERTH_ADMIN_PASSWORD_FILE: filePath.optional(),
    /** How long an access token lives unless its credential ends earlier. */
    BERTH_ACCESS_TOKEN_SECONDS: wholeNumber({
      least: clockLeewaySeconds,
      most: maxAccessTokenSeconds,
      unit: 'seconds',
    }).default(300),
    /** How long a refresh token lives unless its credential ends earlier (90 days). */
    BERTH_REFRESH_TOKEN_SECONDS: wholeNumber({ least: 3600, most: 365 * 86_400, unit: 'seconds' }).default(7_776_000),
    /** Age at which the signing key is followed by another by itself (90 days); 0 = never. */
    BERTH_SIGNING_KEY_DAYS: wholeNumber({ least: 0, most: 3650, unit: 'days' }).default(90),
    /** Credentials of one source address (IPv6: /64) that may be wrong in a minute; 0 = any number, as in all limits. */
    BERTH_LIMIT_FAILURES_PER_SOURCE: perMinute.default(60),
    /** Requests without a credential, or that make no sense, of one source address in a minute. */
    BERTH_LIMIT_UNAUTHENTICATED_PER_SOURCE: perMinute.default(600),
    /** Access tokens that one principal may get in a minute. */
    BERTH_LIMIT_TOKENS_PER_PRINCIPAL: perMinute.default(0),
    /** Access tokens for one registry in a minute. */
    BERTH_LIMIT_TOKENS_PER_REGISTRY: perMinute.default(0),
    /** Over how many replicas requests are spread: each lets its part of a limit through. */
    BERTH_REPLICAS: wholeNumber({ least: 1, most: 1000, unit: 'replicas' }).default(1),
    /** What requests to other people's servers may reach besides the public internet, and by http. */
    BERTH_EGRESS_ALLOW: hostList.default([]),
    /** The identity provider that people log in with; none without it. */
    BERTH_OIDC_ISSUER: httpUrl.optional(),
    BERTH_OIDC_CLIENT_ID: z.string().min(1).optional(),
    /** Left out for a public client, which PKCE alone protects. */
    BERTH_OIDC_CLIENT_SECRET_FILE: filePath.optional(),
    /** The claim of an ID token that lists a person's groups; without it groups are people's matter. */
    BERTH_OIDC_GROUPS_CLAIM: z.string().min(1).max(128).optional(),
    /** From this instant on access policies are enforced in every region of every account (5 July 2022). */
    BERTH_ENFORCEMENT_MANDATORY_FROM: instantMs.default(defaultEnforcementMandatoryFromMs),
    /** Between two looks for tokens and fleets whose registry was deleted; 0 = none by this process. */
    BERTH_DELETION_INTERVAL: seconds.default(5),
    /** A copy of the definitions older than this issues nothing; 0 = it never gets too old. */
    BERTH_DEFINITIONS_MAX_AGE: seconds.default(86_400),
  })
  .refine((given) => given.BERTH_ADMIN_PASSWORD === undefined || given.BERTH_ADMIN_PASSWORD_FILE === undefined, {
    path: ['BERTH_ADMIN_PASSWORD'],
    message: 'is set together with BERTH_ADMIN_PASSWORD_FILE; set only one of them',
  })
  .refine((given) => (given.BERTH_OIDC_ISSUER === undefined) === (given.BERTH_OIDC_CLIENT_ID === undefined), {
    path: ['BERTH_OIDC_CLIENT_ID'],
    message: 'is set without BERTH_OIDC_ISSUER, or the other way round; set both or none',
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
