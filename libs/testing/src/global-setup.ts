import { rm } from 'node:fs/promises';
import { startKafka, startPostgres } from '@berth/embedded';
import type { TestProject } from 'vitest/node';
import './provided-context.js';
import { startS3Server } from './s3-server.js';
import { createThrowAwayFolder, removeAbandonedFolders } from './throw-away-folder.js';

let stopAll = (): Promise<void> => Promise.resolve();

/** Starts the Postgres, the Kafka and the S3 server of a whole test run, without durability; vitest calls it once. */
export async function setup(project: TestProject): Promise<void> {
  await removeAbandonedFolders();
  const dataDir = await createThrowAwayFolder();
  const options = { dataDir, durability: 'throw-away' } as const;
  const starts = await Promise.allSettled([startPostgres(options), startKafka(options), startS3Server(dataDir)]);
  const [postgres, kafka, s3] = starts;
  stopAll = async () => {
    await Promise.all([postgres, kafka].map((start) => (start.status === 'fulfilled' ? start.value.kill() : null)));
    if (s3.status === 'fulfilled') await s3.value?.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  if (postgres.status === 'fulfilled' && kafka.status === 'fulfilled' && s3.status === 'fulfilled') {
    project.provide('postgresUrl', postgres.value.url);
    project.provide('kafkaBrokers', kafka.value.brokers);
    project.provide('s3', s3.value?.connection ?? null);
    return;
  }
  await stopAll();
  throw starts.find((start) => start.status === 'rejected')?.reason;
}

/** Ends them and removes their data; vitest calls it once, also after failures. */
export async function teardown(): Promise<void> {
  await stopAll();
}
