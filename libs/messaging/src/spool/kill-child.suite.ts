import { createLogger } from '@berth/telemetry';
import { entry } from './spool-entry.suite.js';
import { Spool } from './spool.js';

/* A process for kill.spec.ts: appends to a spool for ever, from a number on, and says each number once it is stored. */

const spool = await Spool.open({
  dir: process.argv[2] ?? '',
  service: 'registry',
  instance: 'registry-1',
  clock: Date.now,
  logger: createLogger({ service: 'spec', instance: '1', level: 'silent' }),
});

async function append(n: number): Promise<void> {
  await spool.append(entry(n));
  await new Promise((resolve) => process.stdout.write(`${n}\n`, resolve));
}

for (let n = Number(process.argv[3]); ; n += 3) await Promise.all([append(n), append(n + 1), append(n + 2)]);
