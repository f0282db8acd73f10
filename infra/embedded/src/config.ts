import { isIP } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { brokerList, filePath, postgresUrl, readConfig } from '@berth/config';
import { AppError } from '@berth/errors';
import { z } from 'zod';

/** The environment that this process was given, without what is unset. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The environment without any setting of Berth: what a child gets of `PATH`, `HOME` and the like. */
export function withoutSettings(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('BERTH_')));
}

/** Only the settings of Berth; one that is set to nothing counts as not set. */
export function settingsOnly(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name.startsWith('BERTH_') && value !== ''),
  );
}

/** What `npm start` is told by its environment. */
export interface LauncherConfig {
  readonly port: number;
  /** Address on which the one origin listens. */
  readonly bind: string;
  readonly dataDir: string;
}

const portNumber = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535, {
    error: 'is not usable; it must be a port from 1 to 65535',
  })
  .transform(Number);

/**
 * Reads what `npm start` itself needs; the services read the rest.
 *
 * @param root the project's folder: data goes to `.berth` in it, unless another folder is given
 * @throws AppError 'malformed' that lists every problem
 */
export function launcherConfig(environment: Readonly<Record<string, string>>, root: string): LauncherConfig {
  const schema = z.object({
    BERTH_PORT: portNumber.default(5000),
    BERTH_BIND: z
      .string()
      .refine((text) => isIP(text) !== 0, { error: 'is not usable; it must be an IP address, such as 127.0.0.1' })
      .default('127.0.0.1'),
    BERTH_DATA_DIR: filePath.default(join(root, '.berth')),
    BERTH_DATABASE_URL: postgresUrl.optional(),
    BERTH_KAFKA_BROKERS: brokerList.optional(),
  });
  const settings = readConfig(schema, { ...environment });
  requireProtection(settings.BERTH_BIND, environment);
  return { port: settings.BERTH_PORT, bind: settings.BERTH_BIND, dataDir: settings.BERTH_DATA_DIR };
}

/** Beyond this machine passwords may not travel in the clear. TLS is for a proxy to end, which must be named. */
function requireProtection(bind: string, environment: Readonly<Record<string, string>>): void {
  const isLoopback = bind === '::1' || bind.startsWith('127.');
  if (isLoopback || (environment['BERTH_TRUSTED_PROXIES'] ?? '') !== '') return;
  throw new AppError({
    kind: 'malformed',
    message: `BERTH_BIND ${bind} is not this machine alone, and Berth speaks plain HTTP: put a proxy that ends TLS before it and name it in BERTH_TRUSTED_PROXIES.`,
  });
}
