import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installation } from '@berth/contracts';
import { parseRepositoryName, type Digest } from '@berth/oci';
import type { Database, Transaction } from '@berth/persistence';
import { waitFor } from '@berth/testing';
import { vi } from 'vitest';
import { newPlace, TestRegistry, type StartOptions, type TestPlace } from '../registry.suite.js';
import type { RepositoryAddress } from '../repository.js';
import { CollectGarbage } from './collect-garbage.js';

/** Two replicas of one registry, whose collectors run only when a spec says so. */
export interface TwoReplicas {
  readonly place: TestPlace;
  readonly one: TestRegistry;
  readonly two: TestRegistry;
  stop(): Promise<void>;
}

export async function startTwo(settings: StartOptions['settings'] = {}): Promise<TwoReplicas> {
  const place = await newPlace();
  const one = await TestRegistry.start(place, { settings });
  const two = await TestRegistry.start(place, { instance: 'registry-2', settings });
  const stop = async (): Promise<void> => {
    await one.stop();
    await two.stop();
    await place.remove();
  };
  return { place, one, two, stop };
}

export const collectorOf = ({ app }: TestRegistry): CollectGarbage => app.get(CollectGarbage, { strict: false });

export const addressOf = (name: string): RepositoryAddress => ({
  ...{ account: installation.accountId, registryId: installation.registryId },
  name: parseRepositoryName(name),
});

/** As if every delay had passed. */
export async function makeDue({ db }: TestRegistry): Promise<void> {
  await db.query(`update link_review set review_after = now() - interval '1 minute'`);
  await db.query(`update blob_review set review_after = now() - interval '1 minute'`);
}

/** Rounds until links, and then their blobs, had their turn. */
export async function collectAll(registry: TestRegistry): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await makeDue(registry);
    await collectorOf(registry).round();
  }
}

/** The rows of a table that match. */
export async function countOf(
  { db }: TestRegistry,
  table: string,
  where = 'true',
  params: readonly unknown[] = [],
): Promise<number> {
  const [row] = await db.query<{ count: number }>(`select count(*) from ${table} where ${where}`, params);
  return row?.count ?? 0;
}

/** The key of a blob that the installation's account has, or null. */
export async function keyOf({ db }: TestRegistry, digest: Digest): Promise<string | null> {
  const [row] = await db.query<{ key: string }>(`select key from blob where digest = $1`, [digest]);
  return row?.key ?? null;
}

/** Every key that has bytes. */
export function storedKeys({ dataDir }: TestPlace): readonly string[] {
  const folder = join(dataDir, 'blobs');
  return readdirSync(folder).flatMap((name) => readdirSync(join(folder, name)));
}

export function pathOf({ dataDir }: TestPlace, key: string): string {
  return join(dataDir, 'blobs', key.slice(-2), key);
}

/** Lets `meet` see each statement of a registry's transactions before it is sent; until all mocks are restored. */
export function watchStatements({ db }: TestRegistry, meet: (sql: string) => void | Promise<void>): void {
  const transaction: Database['transaction'] = db.transaction.bind(db);
  vi.spyOn(db, 'transaction').mockImplementation((work) =>
    transaction((tx: Transaction) =>
      work({
        afterCommit: (run) => tx.afterCommit(run),
        query: async (sql, params) => {
          await meet(sql);
          return tx.query(sql, params);
        },
      }),
    ),
  );
}

/** Until so many statements of this place wait for a lock. */
export async function untilSomebodyWaits({ db }: TestRegistry, waiting = 1): Promise<void> {
  await waitFor('a statement that waits for a lock', { withinMs: 5_000 }, async () => {
    const [row] = await db.query<{ count: number }>(
      `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return row !== undefined && row.count >= waiting ? true : null;
  });
}
