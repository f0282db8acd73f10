import type { RegistryEmptied } from '@berth/contracts';
import { PolicyFollowing } from '@berth/definitions';
import { isAppError } from '@berth/errors';
import { CLOCK, LOGGER, type Clock } from '@berth/foundation';
import type { RepositoryName } from '@berth/oci';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { ManagementReport } from '../management-report.js';
import { RepositoryStore, type NameSelection } from '../repository.js';
import { RepositoryRemoval } from '../repository-removal.js';
import { doomedPlaces, type DoomedPlace } from './doomed-places.js';

/** Where Nest gives what tells policy; its promise resolves once policy knows. */
export const TELL_EMPTIED = Symbol('TellEmptied');

/** Tells policy that nothing is left of a place. @throws AppError 'unavailable' when it doesn't answer */
export type TellEmptied = (emptied: RegistryEmptied) => Promise<void>;

/** Repositories that are read at once, and how often in one round: a round ends, and no place starves another. */
const batchSize = 100;
const maxBatches = 10;

/** What finds repositories and takes them away. */
@Injectable()
export class EmptyingStores {
  constructor(
    readonly repositories: RepositoryStore,
    readonly removal: RepositoryRemoval,
    readonly report: ManagementReport,
  ) {}
}

/**
 * Deletes the repositories of registries and namespaces that are being deleted, round by round, and tells policy once
 * nothing is left. What is to go stands in the copy of the definitions and what is left in the database, so that any
 * replica goes on where another stopped; two at once do no harm.
 *
 * @source architecture "Life cycle"
 */
@Injectable()
export class EmptyRegistry {
  constructor(
    private readonly policy: PolicyFollowing,
    private readonly stores: EmptyingStores,
    @Inject(TELL_EMPTIED) private readonly tell: TellEmptied,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * One round over all places.
   *
   * @param signal ends it early, after the repository under way
   * @returns how many repositories were deleted
   * @throws AppError 'unavailable' when Postgres doesn't answer; the next round goes on
   */
  async round(signal?: AbortSignal): Promise<number> {
    let removed = 0;
    for (const place of doomedPlaces(this.policy.definitions.values(), this.clock())) {
      removed += await this.empty(place, signal);
    }
    return removed;
  }

  private async empty(place: DoomedPlace, signal: AbortSignal | undefined): Promise<number> {
    const isStopped = () => signal?.aborted === true;
    let removed = 0;
    for (let batch = 0; batch < maxBatches && !isStopped(); batch++) {
      const names = await this.stores.repositories.names(place, selectionOf(place), { limit: batchSize, after: null });
      if (names.length === 0) {
        await this.tellOf(place);
        return removed;
      }
      for (const name of names) {
        if (!isStopped() && (await this.remove(place, name))) removed += 1;
      }
    }
    return removed;
  }

  private remove({ account, registryId, decidedBy }: DoomedPlace, name: RepositoryName): Promise<boolean> {
    const address = { account, registryId, name };
    return this.stores.removal.remove(address, (tx) => this.stores.report.repositoryEmptied(tx, address, decidedBy));
  }

  /** Whoever isn't heard is told again in the next round. */
  private async tellOf({ registryId, namespace, isAwaited }: DoomedPlace): Promise<void> {
    if (!isAwaited) return;
    try {
      await this.tell(namespace === null ? { registryId } : { registryId, namespace });
    } catch (e) {
      if (!isAppError(e)) throw e;
      this.logger.warn({ err: e, registryId, namespace }, 'policy hears later that nothing is left of it');
    }
  }
}

/** A name belongs to the namespace that is its first segment. */
function selectionOf({ namespace }: DoomedPlace): NameSelection | null {
  return namespace === null ? null : { exact: [namespace], prefixes: [`${namespace}/`] };
}
