import { resolve } from 'node:path';
import process from 'node:process';
import { isAppError } from '@berth/errors';
import { inheritedEnvironment, launcherConfig, settingsOnly } from './config.js';
import { firstSteps } from './first-steps.js';
import { Launcher } from './launcher.js';

/*
 * The program behind `npm start`: starts the platform, says how to use it, and stops it on Ctrl-C, on SIGTERM, and when the
 * program that started this one is gone.
 */

// A terminal that was closed can't be written to; everything has to be stopped all the same.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

try {
  const environment = inheritedEnvironment();
  const config = launcherConfig(environment, resolve(import.meta.dirname, '../../..'));
  const launcher = new Launcher({ ...config, env: settingsOnly(environment), say: (line) => console.log(line) });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => launcher.end());
  if (process.connected) process.on('disconnect', () => launcher.end());
  await launcher.run((platform) => console.log(firstSteps({ ...config, origin: platform.endpoints.origin })));
  process.exit(0);
} catch (error) {
  console.error(isAppError(error) ? error.message : error);
  process.exit(1);
}
