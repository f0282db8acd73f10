import { rm } from 'node:fs/promises';
import { startKafka, startPostgres } from '@berth/embedded';
import type { TestProject } from 'vitest/node';
import './provided-context.js';
import { createThrowAwayFolder, removeAbandonedFolders } from './throw-away-folder.js';

let stopAll = (): Promise<void> => Promise.resolve();

/** Starts the Postgres and the Kafka of a whole test run, without durability; vitest calls it once. */
export async function setup(project: TestProject): Promise<void> {
  await removeAbandonedFolders();
  const dataDir = await createThrowAwayFolder();
  const options = { dataDir, durability: 'throw-away' } as const;
  const starts = await Promise.allSettled([startPostgres(options), startKafka(options)]);
  stopAll = async () => {
    await Promise.all(starts.map((start) => (start.status === 'fulfilled' ? start.value.kill() : null)));
    await rm(dataDir, { recursive: true, force: true });
  };
  const [postgres, kafka] = starts;
  if (postgres.status === 'fulfilled' && kafka.status === 'fulfilled') {
    project.provide('postgresUrl', postgres.value.url);
    project.provide('kafkaBrokers', kafka.value.brokers);
    return;
  }
  await stopAll();
  throw starts.find((start) => start.status === 'rejected')?.reason;
}

/** Ends both and removes their data; vitest calls it once, also after failures. */
export async function teardown(): Promise<void> {
  await stopAll();
}
