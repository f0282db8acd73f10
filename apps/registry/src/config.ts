import {
  commonEnvironment,
  httpUrl,
  instantMs,
  loginServers,
  originUrl,
  postgresUrl,
  readConfig,
  seconds,
  urlList,
  wholeNumber,
} from '@berth/config';
import { defaultEnforcementMandatoryFromMs } from '@berth/policy-engine';
import { z } from 'zod';
import { failPoints, type ArmedFailPoint } from './fail-point.js';
import { s3Environment } from './s3-settings.js';

const mebibytes = wholeNumber({ least: 0, most: 1_048_576, unit: 'MiB' });

/** `<place>` or `<place>:<n>`, at the n-th passing of which the process dies. */
const failPoint = z.string().transform((text, context): ArmedFailPoint => {
  const point = failPoints.find((name) => text === name || text.startsWith(`${name}:`));
  const passing = point === undefined ? 0 : Number(text.slice(point.length + 1) || '1');
  if (point !== undefined && Number.isSafeInteger(passing) && passing >= 1) return { point, passing };
  context.addIssue(`is not usable; it must be one of ${failPoints.join(', ')}, and :<n> behind it if need be`);
  return z.NEVER;
});

const environment = z
  .object({
    ...commonEnvironment,
    BERTH_REGISTRY_DATABASE_URL: postgresUrl,
    /** `iss` of every token. */
    BERTH_PUBLIC_URL: originUrl,
    /** The token endpoint that challenges name. */
    BERTH_TOKEN_REALM: httpUrl,
    BERTH_LOGIN_SERVERS: loginServers,
    /** Registry for a Host that is nobody's login server; without it such a request is answered 421. */
    BERTH_DEFAULT_REGISTRY: z.string().nullable().default(null),
    /** How long what is remembered counts while Postgres gives no answer. */
    BERTH_MAX_STALE_METADATA: seconds.default(300),
    /** Memory for manifests and links, and for blobs that are pulled over and over; 0 = none. */
    BERTH_METADATA_MEMORY: mebibytes.default(128),
    BERTH_BLOB_MEMORY: mebibytes.default(256),
    ...s3Environment,
    /** Whether a manifest may name what is not in its repository; the specification leaves it to the registry. */
    BERTH_SPARSE_MANIFESTS: z.enum(['on', 'off'], { error: 'is not usable; it must be on or off' }).default('off'),
    /** Whether clients of the data plane may delete. */
    BERTH_DELETES: z.enum(['on', 'off'], { error: 'is not usable; it must be on or off' }).default('on'),
    /** A blob is looked at so long after the last answer that it exists; at least the longest push. */
    BERTH_GC_REVIEW_DELAY: seconds.default(86_400),
    /** Between two rounds of garbage collection; 0 = none by this process. */
    BERTH_GC_INTERVAL: seconds.default(30),
    /** Between two looks for registries and namespaces whose repositories are to be deleted; 0 = none by this process. */
    BERTH_DELETION_INTERVAL: seconds.default(5),
    /** How fast stored blobs are read again to check them, a second; 0 = not by this process. */
    BERTH_SCRUB_RATE: mebibytes.default(8),
    /** An upload that nobody continued for so long is given up. */
    BERTH_UPLOAD_MAX_IDLE: seconds.default(86_400),
    /** Uploads that one principal may have open in one registry. */
    BERTH_MAX_OPEN_UPLOADS: wholeNumber({ least: 1, most: 1_000_000, unit: 'uploads' }).default(2_000),
    /** For proofs of what a crash leaves, never in service; does nothing unless the next one says yes. */
    BERTH_FAIL_POINT: failPoint.nullable().default(null),
    BERTH_FAIL_POINTS_ALLOWED: z.enum(['yes', 'no'], { error: 'is not usable; it must be yes or no' }).default('no'),
    /** Tokens that are nobody's from one source address (IPv6: /64) in a minute, by this process; 0 = any number. */
    BERTH_LIMIT_BAD_TOKENS_PER_SOURCE: wholeNumber({
      least: 0,
      most: 100_000_000,
      unit: 'requests in a minute',
    }).default(600),
    /** From this instant on access policies are enforced in every region of every account (5 July 2022). */
    BERTH_ENFORCEMENT_MANDATORY_FROM: instantMs.default(defaultEnforcementMandatoryFromMs),
    BERTH_IDENTITY_URL: urlList,
    BERTH_POLICY_URL: urlList,
    /** All replicas of the registry, this one included. */
    BERTH_REGISTRY_URL: urlList,
  })
  .refine(
    ({ BERTH_LOGIN_SERVERS: servers, BERTH_DEFAULT_REGISTRY: name }) => name === null || servers.byRegistry.has(name),
    { path: ['BERTH_DEFAULT_REGISTRY'], message: 'is not usable; it must be a registry of BERTH_LOGIN_SERVERS' },
  );

/** The settings of one registry process. */
export type RegistryConfig = z.infer<typeof environment>;

/** @throws AppError 'malformed' listing every problem of the environment */
export function readRegistryConfig(): RegistryConfig {
  return readConfig(environment, process.env);
}

const migrationEnvironment = z.object({
  /** The owner's login. */
  BERTH_DATABASE_URL: postgresUrl,
  BERTH_REGISTRY_DATABASE_URL: postgresUrl,
});

/** What the migrations need. @throws AppError 'malformed' listing every problem of the environment */
export function readMigrationConfig(): z.infer<typeof migrationEnvironment> {
  return readConfig(migrationEnvironment, process.env);
}
