import {
  addressList,
  filePath,
  instanceName,
  listenAddress,
  logLevel,
  originUrl,
  readConfig,
  readInternalKeys,
  urlList,
} from '@berth/config';
import { z } from 'zod';

const environment = z.object({
  BERTH_INSTANCE: instanceName,
  BERTH_LISTEN: listenAddress,
  BERTH_INTERNAL_KEY_FILE: filePath,
  BERTH_IDENTITY_URL: urlList,
  BERTH_POLICY_URL: urlList,
  BERTH_REGISTRY_URL: urlList,
  BERTH_AUDIT_URL: urlList,
  BERTH_LOG_LEVEL: logLevel.default('info'),
  BERTH_TRUSTED_PROXIES: addressList.default([]),
  /** The origin as browsers name it; sessions count only where it is set. */
  BERTH_PUBLIC_URL: originUrl.optional(),
});

/** What the gateway is told. */
export interface Config extends z.infer<typeof environment> {
  readonly internalKeys: readonly string[];
}

/** The only place that reads the environment. @throws AppError 'malformed' that lists everything wrong with it */
export function config(): Config {
  const read = readConfig(environment, process.env);
  return { ...read, internalKeys: readInternalKeys(read.BERTH_INTERNAL_KEY_FILE) };
}
