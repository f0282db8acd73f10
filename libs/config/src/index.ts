export { readConfig } from './read-config.js';
export { runMain } from './run-main.js';
export {
  addressList,
  brokerList,
  hostList,
  httpUrl,
  listenAddress,
  originUrl,
  postgresUrl,
  urlList,
  type ListenAddress,
} from './addresses.js';
export { filePath, instanceName, instantMs, logLevel, seconds, wholeNumber } from './values.js';
export { loginServers, type LoginServers } from './login-servers.js';
export { readInternalKeys, readKeyFile, readSecretFile } from './secret-file.js';
export { commonEnvironment } from './common-environment.js';
