export { startKafka, type KafkaOptions, type KafkaServer } from './kafka.js';
export { startPostgres, type PostgresOptions, type PostgresServer } from './postgres.js';
export { ProcessRecords } from './process-records.js';
export { startPlatform, type Platform } from './platform.js';
export type { PlatformOptions } from './platform-options.js';
export type { Endpoints } from './endpoints.js';
export type { ServiceProcess } from './service-process.js';
export type { ServiceName, StoringService } from './services.js';
