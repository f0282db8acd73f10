export { createLogger, type Logger, type LoggerOptions } from './logger.js';
export { Metrics, type MetricOptions, type ReadMetricOptions, type Sample } from './metrics.js';
export { traceIdOf } from './trace-id.js';
