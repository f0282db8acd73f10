import type { Transaction } from '@berth/persistence';

/** Notes keys whose bytes nobody needs once the transaction is committed; the collector removes them. */
export async function doomKeys(tx: Transaction, keys: readonly string[], at: Date): Promise<void> {
  await tx.query(
    `insert into doomed_key (key, doomed_at) select key, $2 from unnest($1::text[]) as key on conflict (key) do nothing`,
    [keys, at],
  );
}
