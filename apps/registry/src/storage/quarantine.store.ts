import type { Digest, RepositoryName } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import {
  endedHoldDetails,
  QuarantineStore,
  type EndedHold,
  type QuarantineDecision,
  type QuarantineStart,
} from '../quarantine.js';
import type { Repository } from '../repository.js';

interface EndedRow {
  readonly digest: Digest;
  readonly repository_id: string;
  readonly account: string;
  readonly registry_id: string;
  readonly name: RepositoryName;
}

/** Number of SQL: what whoever changes a digest of a repository locks. Two that share one wait once in a while for nothing. */
const lockOf = (repository: string, digest: string) => `hashtextextended(${repository}::text || ' ' || ${digest}, 0)`;

/** States of digests in Postgres. */
@Injectable()
export class PostgresQuarantineStore extends QuarantineStore {
  async lock(tx: Transaction, { id }: Repository, digest: Digest): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(${lockOf('$1', '$2')})`, [id, digest]);
  }

  async begin(
    tx: Transaction,
    { id, account }: Repository,
    { digest, principal, at, releaseAt }: QuarantineStart,
  ): Promise<boolean> {
    const made = await tx.query(
      `insert into quarantine (repository_id, digest, account, state, release_at, changed_by, changed_at)
       values ($1, $2, $3, 'quarantined', $4, $5, $6)
       on conflict (repository_id, digest) do nothing returning digest`,
      [id, digest, account, releaseAt, principal, at],
    );
    return made.length > 0;
  }

  async decide(
    tx: Transaction,
    { id, account }: Repository,
    { digest, state, details, principal, at }: QuarantineDecision,
  ): Promise<boolean> {
    const decided = await tx.query(
      `insert into quarantine as known (repository_id, digest, account, state, details, changed_by, changed_at)
       select repository_id, digest, $3, $4, $5, $6, $7 from manifest where repository_id = $1 and digest = $2
       on conflict (repository_id, digest) do update
          set state = excluded.state, details = excluded.details, release_at = null,
              changed_by = excluded.changed_by, changed_at = excluded.changed_at
       returning digest`,
      [id, digest, account, state, details, principal, at],
    );
    return decided.length > 0;
  }

  async stopClock(tx: Transaction, { id }: Repository, { digest, at }: { digest: Digest; at: Date }): Promise<void> {
    await tx.query(
      `delete from quarantine
        where repository_id = $1 and digest = $2 and state = 'quarantined' and release_at > $3`,
      [id, digest, at],
    );
  }

  async closesForGood(tx: Transaction, { id }: Repository): Promise<boolean> {
    const found = await tx.query(
      `select 1 from quarantine
        where repository_id = $1 and state in ('failed', 'quarantined') and closed_until = 'infinity' limit 1`,
      [id],
    );
    return found.length > 0;
  }

  async endOne(tx: Transaction, at: Date): Promise<EndedHold | null> {
    const [row] = await tx.query<EndedRow>(
      `with due as materialized (
         select q.repository_id, q.digest, r.registry_id, r.name
           from quarantine q join repository r on r.id = q.repository_id
          where q.state = 'quarantined' and q.release_at <= $1 and r.name is not null
          order by q.release_at limit 1 for update of q skip locked)
       update quarantine q set state = 'passed', details = $2, changed_by = null, changed_at = release_at
         from due
        where q.repository_id = due.repository_id and q.digest = due.digest
          and pg_try_advisory_xact_lock(${lockOf('due.repository_id', 'due.digest')})
      returning q.digest, q.repository_id, q.account, due.registry_id, due.name`,
      [at, endedHoldDetails],
    );
    if (row === undefined) return null;
    const { digest, repository_id: id, account, registry_id: registryId, name } = row;
    return { digest, repository: { id, account, registryId, name } };
  }
}
