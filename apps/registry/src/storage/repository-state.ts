import { AppError } from '@berth/errors';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import type { RepositoryAddress } from '../repository.js';
import { BatchedLookup } from './batched-lookup.js';

/** What tells whether something remembered of a repository is still so. */
export interface RepositoryState {
  /** Another one when the name was deleted and made again. */
  readonly id: string;
  /** Raised by whatever moves or removes something. */
  readonly version: number;
}

const stateBatch = {
  name: 'repository-state',
  text: `select w.place::int, r.id, r.version
           from unnest($1::uuid[], $2::text[]) with ordinality as w(registry_id, name, place)
           join repository r on r.registry_id = w.registry_id and r.name = w.name`,
};

/** Postgres counts as silent after this; then whoever remembers something need not wait for it. */
const silentAfterMs = 100;

/**
 * Asks Postgres about many repositories at once; each answer is from a statement that was sent after the question. While
 * a statement hangs nobody else waits: they are told at once that Postgres is silent.
 */
@Injectable()
export class RepositoryStates {
  private hanging = 0;

  private readonly lookup = new BatchedLookup<RepositoryAddress, RepositoryState>(
    ({ registryId, name }) => `${registryId} ${name}`,
    (wanted) => this.findAll(wanted),
  );

  constructor(private readonly db: Database) {}

  /** Null when there is no such repository. @throws AppError 'unavailable' when Postgres gave no answer for 100 ms */
  async find(address: RepositoryAddress): Promise<RepositoryState | null> {
    if (this.hanging > 0) throw silent();
    return this.lookup.find(address);
  }

  private async findAll(wanted: readonly RepositoryAddress[]): Promise<ReadonlyMap<number, RepositoryState>> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    let isHanging = false;
    const timer = setTimeout(() => {
      isHanging = true;
      this.hanging += 1;
      reject(silent());
    }, silentAfterMs);
    const asked = this.ask(wanted).finally(() => {
      clearTimeout(timer);
      if (isHanging) this.hanging -= 1;
    });
    return Promise.race([asked, late]);
  }

  private async ask(wanted: readonly RepositoryAddress[]): Promise<ReadonlyMap<number, RepositoryState>> {
    const rows = await this.db.prepared<RepositoryState & { place: number }>(stateBatch, [
      wanted.map(({ registryId }) => registryId),
      wanted.map(({ name }) => name),
    ]);
    return new Map(rows.map((row) => [row.place - 1, row]));
  }
}

function silent(): AppError {
  return new AppError({ kind: 'unavailable', message: 'the database does not answer', retryAfterSeconds: 1 });
}
