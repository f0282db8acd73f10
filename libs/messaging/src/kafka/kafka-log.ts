import type { Logger } from '@berth/telemetry';
import type { logCreator } from 'kafkajs';

/**
 * The client's own log at our level `debug`: what it calls an error is an attempt that it or our supervisors repeat (a
 * coordinator that is still loading, a broker that restarts), and what stays wrong the supervisors log in their words.
 */
export function kafkaLog(logger: Logger): logCreator {
  return () =>
    ({ namespace, label, log }) => {
      const { message, ...fields } = log;
      logger.debug({ ...fields, kafka: namespace, kafkaLevel: label }, `kafka: ${message}`);
    };
}
