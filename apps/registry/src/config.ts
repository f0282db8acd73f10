import { commonEnvironment, httpUrl, loginServers, originUrl, postgresUrl, readConfig, urlList } from '@berth/config';
import { z } from 'zod';

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
    BERTH_IDENTITY_URL: urlList,
    BERTH_POLICY_URL: urlList,
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
