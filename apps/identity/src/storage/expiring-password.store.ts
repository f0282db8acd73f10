import type { Transaction } from '@berth/persistence';
import type { ExpiringPassword, ExpiringPasswordStore } from '../expiring-password.js';

interface ExpiringRow {
  readonly account: string;
  readonly registry_id: string;
  readonly token_id: string;
  readonly name: string;
  readonly slot: 1 | 2;
  readonly ends_at: Date;
  readonly days_left: 30 | 7 | 1;
}

/** {@link ExpiringPasswordStore} on Postgres. */
export class PostgresExpiringPasswordStore implements ExpiringPasswordStore {
  /** Both ends are found by their own index; a token without either is never looked at. */
  async take(tx: Transaction, nowMs: number, limit: number): Promise<ExpiringPassword[]> {
    const rows = await tx.query<ExpiringRow>(
      `with ending as (
         select token_id, slot from token_password
          where expires_at > $1 and expires_at <= $1 + interval '30 days'
         union
         select p.token_id, p.slot from token t join token_password p on p.token_id = t.id
          where t.expires_at > $1 and t.expires_at <= $1 + interval '30 days'
       ), due as (
         select p.token_id, p.slot, t.account, t.registry_id, t.name, e.ends_at, e.days_left
           from ending
           join token_password p on p.token_id = ending.token_id and p.slot = ending.slot
           join token t on t.id = p.token_id and t.status = 'enabled'
          cross join lateral (
            select least(p.expires_at, t.expires_at) as ends_at,
                   case when least(p.expires_at, t.expires_at) <= $1 + interval '1 day' then 1
                        when least(p.expires_at, t.expires_at) <= $1 + interval '7 days' then 7
                        else 30 end as days_left
          ) e
          where e.ends_at > $1
            and (p.noticed_end is distinct from e.ends_at or p.noticed_days > e.days_left)
          limit $2
            for update of p skip locked
       )
       update token_password p set noticed_days = due.days_left, noticed_end = due.ends_at
         from due
        where p.token_id = due.token_id and p.slot = due.slot
       returning due.account, due.registry_id, due.token_id, due.name, due.slot, due.ends_at, due.days_left`,
      [new Date(nowMs), limit],
    );
    return rows.map((row) => ({
      account: row.account,
      registryId: row.registry_id,
      tokenId: row.token_id,
      tokenName: row.name,
      slot: row.slot,
      endsAtMs: row.ends_at.getTime(),
      daysLeft: row.days_left,
    }));
  }
}
