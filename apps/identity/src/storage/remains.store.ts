import type { Queryable, Transaction } from '@berth/persistence';
import { devicesPerBatch, type DeletedRegistry, type FleetOfRegistry, type RemainsStore } from '../registry-remains.js';
import { tokensPerBatch, type TokenOfBatch } from '../token-batch.js';

/** {@link RemainsStore} on Postgres. */
export class PostgresRemainsStore implements RemainsStore {
  /** All that belongs to a registry is of one account. */
  registriesWithAny(db: Queryable, registryIds: readonly string[]): Promise<DeletedRegistry[]> {
    return db.query<DeletedRegistry>(
      `select asked.id, one.account from unnest($1::uuid[]) as asked (id)
        cross join lateral (
          (select account from token where registry_id = asked.id limit 1)
          union all
          (select account from fleet where registry_id = asked.id limit 1)
          limit 1
        ) one`,
      [registryIds],
    );
  }

  lockTokens(tx: Transaction, { account, id }: DeletedRegistry): Promise<TokenOfBatch[]> {
    return tx.query<TokenOfBatch>(
      `select id, name, account from token where account = $1 and registry_id = $2
        order by name limit $3 for update skip locked`,
      [account, id, tokensPerBatch],
    );
  }

  async lockFleet(tx: Transaction, { account, id }: DeletedRegistry): Promise<FleetOfRegistry | null> {
    const [fleet = null] = await tx.query<FleetOfRegistry>(
      `select id, name, account from fleet where account = $1 and registry_id = $2
        order by name limit 1 for update skip locked`,
      [account, id],
    );
    return fleet;
  }

  async deleteParts(tx: Transaction, { account, id }: FleetOfRegistry): Promise<boolean> {
    await tx.query(`delete from fleet_key where account = $1 and fleet_id = $2`, [account, id]);
    const [row] = await tx.query<{ devices: number }>(
      `with gone as (
         delete from fleet_denied where account = $1 and fleet_id = $2 and device in (
           select device from fleet_denied where fleet_id = $2 order by device limit $3
         ) returning device
       ) select count(*) as devices from gone`,
      [account, id, devicesPerBatch],
    );
    return (row?.devices ?? 0) === devicesPerBatch;
  }
}
