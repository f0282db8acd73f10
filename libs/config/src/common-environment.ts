import { addressList, brokerList, listenAddress } from './addresses.js';
import { filePath, instanceName, logLevel } from './values.js';

/**
 * The variables that every service reads; a service's own schema is `z.object({ ...commonEnvironment, BERTH_X: .. })`.
 * `BERTH_TRUSTED_PROXIES` names peers whose `X-Forwarded-For` is believed: none unless set.
 */
export const commonEnvironment = {
  BERTH_INSTANCE: instanceName,
  BERTH_LISTEN: listenAddress,
  BERTH_DATA_DIR: filePath,
  BERTH_KAFKA_BROKERS: brokerList,
  BERTH_INTERNAL_KEY_FILE: filePath,
  BERTH_LOG_LEVEL: logLevel.default('info'),
  BERTH_TRUSTED_PROXIES: addressList.default([]),
} as const;
