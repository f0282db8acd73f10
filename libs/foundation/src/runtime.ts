import type { Service } from '@berth/contracts';
import { createLogger, Metrics, type Logger } from '@berth/telemetry';
import type { Clock } from './clock.js';

/** Where Nest gives the log of the process. */
export const LOGGER = Symbol('Logger');

/** What every part of a process is made with. */
export interface Runtime<Config> {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** The part of a configuration that names the process. */
interface Named {
  readonly BERTH_INSTANCE: string;
  readonly BERTH_LOG_LEVEL: Parameters<typeof createLogger>[0]['level'];
}

/** The log and the metrics of a process, for its whole life. */
export function runtimeOf<Config extends Named>(
  service: Service,
  config: Config,
  clock: Clock = Date.now,
): Runtime<Config> {
  const { BERTH_INSTANCE: instance, BERTH_LOG_LEVEL: level } = config;
  const logger = createLogger({ service, instance, ...(level === undefined ? {} : { level }) });
  return { config, logger, metrics: new Metrics(service, instance), clock };
}
