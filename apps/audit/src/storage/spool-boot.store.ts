import type { SpoolProducer } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import { SpoolBootStore, type FrameNumbers, type OpenedFrame } from '../spool-boot.js';

/** What has arrived of spools, in Postgres. */
export class PostgresSpoolBootStore extends SpoolBootStore {
  async receive(tx: Transaction, producer: SpoolProducer, { first, last }: FrameNumbers): Promise<FrameNumbers[]> {
    const { service, instance, boot } = producer;
    // `before` sees the row as it was: all parts of a statement share one snapshot.
    const rows = await tx.query<{ first: number; last: number }>(
      `with given as (select int8multirange(int8range($4, $5, '[]')) as numbers),
       before as (select received from spool_boot where service = $1 and instance = $2 and boot = $3),
       noted as (
         insert into spool_boot as stored (service, instance, boot, received)
         select $1, $2, $3, numbers from given
         on conflict (service, instance, boot) do update set received = stored.received + excluded.received)
       select lower(fresh) as first, upper(fresh) - 1 as last
         from given, unnest(numbers - coalesce((select received from before), '{}')) as fresh
        order by lower(fresh)`,
      [service, instance, boot, first, last],
    );
    return rows;
  }

  async opened(tx: Transaction, { service, instance, boot }: SpoolProducer, { previous }: OpenedFrame): Promise<void> {
    await tx.query(
      `update spool_boot set is_opened = true, previous_boot = $4, previous_last = $5
        where service = $1 and instance = $2 and boot = $3`,
      [service, instance, boot, previous?.boot ?? null, previous?.last ?? null],
    );
  }

  async closed(tx: Transaction, { service, instance, boot }: SpoolProducer): Promise<void> {
    await tx.query(`update spool_boot set is_closed = true where service = $1 and instance = $2 and boot = $3`, [
      service,
      instance,
      boot,
    ]);
  }
}
