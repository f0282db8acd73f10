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
import { UsageStore } from '../usage.js';
import { doomedPlaces, type DoomedPlace } from './doomed-places.js';

/** Where Nest gives policy as far as deletions go. */
export const DELETIONS = Symbol('Deletions');

/** What policy is asked and told; it decides what is deleted. */
export interface Deletions {
  /** Whether this prohibition still shuts the place. @throws AppError 'unavailable' when policy doesn't answer */
  isUnderWay(prohibitionId: string): Promise<boolean>;
  /** Resolves once policy knows that nothing is left of a place. @throws AppError 'unavailable' when it doesn't answer */
  tellEmptied(emptied: RegistryEmptied): Promise<void>;
}

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
    readonly usage: UsageStore,
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
    @Inject(DELETIONS) private readonly deletions: Deletions,
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
      if (await this.isStillDoomed(place)) removed += await this.empty(place, signal);
    }
    return removed;
  }

  /**
   * A namespace's name is free once it is gone: whoever is behind must not take away what others began under it since. A
   * registry's id is never used again.
   */
  private async isStillDoomed({ namespace, prohibitionId, registryId }: DoomedPlace): Promise<boolean> {
    if (namespace === null || prohibitionId === null) return true;
    try {
      return await this.deletions.isUnderWay(prohibitionId);
    } catch (e) {
      if (!isAppError(e)) throw e;
      this.logger.warn({ err: e, registryId, namespace }, 'it is emptied once policy says that it still is to be');
      return false;
    }
  }

  private async empty(place: DoomedPlace, signal: AbortSignal | undefined): Promise<number> {
    const isStopped = () => signal?.aborted === true;
    let removed = 0;
    for (let batch = 0; batch < maxBatches && !isStopped(); batch++) {
      const names = await this.stores.repositories.names(place, selectionOf(place), { limit: batchSize, after: null });
      if (names.length === 0) {
        // A namespace's name may be used again at any moment.
        if (place.namespace === null) await this.stores.usage.forget(place);
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
      await this.deletions.tellEmptied(namespace === null ? { registryId } : { registryId, namespace });
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
